/**
 * Brings each catalogue of texts with the code that speaks from it: a module that holds a key like `orders.title`
 * imports the catalogue `orders`, so a page that is fetched when it is opened brings its own words.
 */
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import type { Plugin } from 'vite';

const SOURCE = join(import.meta.dirname, '../src');
const CATALOGUES = join(SOURCE, 'locales/en');
const SPEAKER = join(SOURCE, 'core/i18n.ts');
const PREFIX = 'virtual:texts/';

export function texts(): Plugin {
  const names = readdirSync(CATALOGUES).map((file) => file.replace(/\.json$/, ''));
  const keys = new RegExp(`['"\`](${names.join('|')})\\.\\w`, 'g');
  return {
    name: 'hedgerow-texts',
    enforce: 'post',
    resolveId(id) {
      return id.startsWith(PREFIX) ? `\0${id}` : null;
    },
    load(id) {
      if (!id.startsWith(`\0${PREFIX}`)) return null;
      const name = id.slice(PREFIX.length + 1);
      return [
        `import texts from ${JSON.stringify(join(CATALOGUES, `${name}.json`))};`,
        `import { learn } from ${JSON.stringify(SPEAKER)};`,
        `learn(${JSON.stringify(name)}, texts);`,
      ].join('\n');
    },
    transform(code, id) {
      if (!id.startsWith(SOURCE) || id === SPEAKER || id.includes('?')) return null;
      const spoken = new Set([...code.matchAll(keys)].map((hit) => hit[1]));
      const imports = [...spoken].map((name) => `import ${JSON.stringify(PREFIX + name)};`).join('');
      return imports === '' ? null : { code: imports + code, map: null }; // on the first line: the others keep their numbers
    },
  };
}
