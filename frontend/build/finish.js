/** After `vite build`: a .br and a .gz twin beside each text file, and the size budget. Fails when something is too big. */
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { brotliCompressSync, constants, gzipSync } from 'node:zlib';
import { firstLoad } from './first_load.js';

const OUT = process.argv[2] ?? join(import.meta.dirname, '../../src/hedgerow/page');
const TEXTS = /\.(js|css|html|svg|json|webmanifest)$/;
/** gzip, in bytes: 1 kB is 1000. */
const BUDGET = { firstJs: 60_000, css: 12_000, lazyChunk: 60_000, all: 250_000 };

/** @param {string} name */
const read = (name) => readFileSync(join(OUT, name));
const names = readdirSync(OUT, { recursive: true, withFileTypes: true })
  .filter((entry) => entry.isFile() && !/\.(br|gz)$/.test(entry.name))
  .map((entry) => relative(OUT, join(entry.parentPath, entry.name)));

const sizes = new Map(names.map((name) => [name, TEXTS.test(name) ? twins(name) : read(name).length]));

/**
 * @param {string} name
 * @returns {number} its size as gzip
 */
function twins(name) {
  const plain = read(name);
  const gzip = gzipSync(plain, { level: 9 });
  const brotli = brotliCompressSync(plain, { params: { [constants.BROTLI_PARAM_QUALITY]: 11 } });
  writeFileSync(join(OUT, `${name}.gz`), gzip);
  writeFileSync(join(OUT, `${name}.br`), brotli);
  return gzip.length;
}

const first = firstLoad(OUT);
const total = (/** @type {string[]} */ those) => those.reduce((sum, name) => sum + (sizes.get(name) ?? 0), 0);
const scripts = names.filter((name) => name.endsWith('.js'));
const lazy = scripts.filter((name) => !first.has(name)).sort((a, b) => (sizes.get(b) ?? 0) - (sizes.get(a) ?? 0));
const biggest = lazy[0] ?? '';

/** @type {[string, number, number][]} */
const lines = [
  ['JavaScript of the first load', total(scripts.filter((name) => first.has(name))), BUDGET.firstJs],
  ['CSS of the first load', total(names.filter((name) => name.endsWith('.css') && first.has(name))), BUDGET.css],
  [`biggest lazy chunk (${biggest})`, sizes.get(biggest) ?? 0, BUDGET.lazyChunk],
  ['everything but the icons of an installed page', total(names.filter((name) => !name.endsWith('.png'))), BUDGET.all],
];

const kB = (/** @type {number} */ bytes) => `${(bytes / 1000).toFixed(1)} kB`.padStart(9);
console.log('\nsize, gzip');
for (const [what, bytes, limit] of lines)
  console.log(`${kB(bytes)} of ${kB(limit)}  ${what}${bytes > limit ? '  TOO BIG' : ''}`);
for (const name of lazy.slice(0, 12)) console.log(`${kB(sizes.get(name) ?? 0)}  ${name}`);
if (lines.some(([, bytes, limit]) => bytes > limit)) process.exit(1);
