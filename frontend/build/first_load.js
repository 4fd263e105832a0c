import { readFileSync } from 'node:fs';
import { join } from 'node:path';

/**
 * The files that a built page's index.html asks for, and what those import before they run.
 * @param {string} folder of the built page
 * @returns {Set<string>} `assets/…`
 */
export function firstLoad(folder) {
  /** @param {string} name */
  const read = (name) => readFileSync(join(folder, name), 'utf8');
  /** @type {Set<string>} */
  const found = new Set();
  const queue = [...read('index.html').matchAll(/(?:src|href)="\/(assets\/[^"]+)"/g)].map((hit) => hit[1] ?? '');
  for (let name = queue.pop(); name !== undefined; name = queue.pop()) {
    if (found.has(name)) continue;
    found.add(name);
    if (!name.endsWith('.js')) continue;
    const imports = read(name).matchAll(/(?:import|from)\s*["']\.\/([^"']+\.js)["']/g);
    queue.push(...[...imports].map((hit) => `assets/${hit[1]}`));
  }
  return found;
}
