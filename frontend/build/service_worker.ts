/** Builds src/sw.ts as /sw.js, with the names of the files that it keeps. */
import { createHash } from 'node:crypto';
import { readdirSync } from 'node:fs';
import type { Plugin } from 'vite';

const WORKER = 'sw.js';
/** Kept under `/`, by the browser itself, or only asked for when the page is installed. */
const NOT_KEPT = /^index\.html$|^sw\.js$|^manifest\.webmanifest$|\.png$/;

export function serviceWorker(): Plugin {
  return {
    name: 'hedgerow-service-worker',
    apply: 'build',
    enforce: 'post',
    buildStart() {
      this.emitFile({ type: 'chunk', id: 'src/sw.ts', fileName: WORKER });
    },
    generateBundle: {
      order: 'post',
      handler(_options, bundle) {
        const worker = bundle[WORKER];
        if (worker?.type !== 'chunk') throw new Error(`${WORKER} was not built`);
        const files = [...Object.keys(bundle), ...readdirSync('public')].filter((name) => !NOT_KEPT.test(name)).sort();
        const index = bundle['index.html'];
        const shell = index?.type === 'asset' ? index.source : '';
        const version = createHash('sha256').update(JSON.stringify(files)).update(shell).digest('hex').slice(0, 12);
        worker.code = worker.code
          .replaceAll('__FILES__', JSON.stringify(files.map((name) => `/${name}`)))
          .replaceAll('__VERSION__', JSON.stringify(version));
      },
    },
  };
}
