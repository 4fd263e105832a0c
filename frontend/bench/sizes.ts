/** What a first visit has to fetch, as gzip. */
import { readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { firstLoad } from '../build/first_load.js';
import { ROOT } from '../e2e/harness/process';
import type { Found } from './figures';

const PAGE = join(ROOT, 'src/hedgerow/page');

export function sizes(): Found {
  const first = firstLoad(PAGE);
  const assets = readdirSync(join(PAGE, 'assets'))
    .filter((name) => /\.(js|css)$/.test(name))
    .map((name) => ({
      name,
      kB: statSync(join(PAGE, 'assets', `${name}.gz`)).size / 1000,
      first: first.has(`assets/${name}`),
    }));
  const of = (ending: string): number =>
    assets.filter(({ name, first }) => first && name.endsWith(ending)).reduce((sum, { kB }) => sum + kB, 0);
  const [lazy] = assets.filter(({ first, name }) => !first && name.endsWith('.js')).sort((a, b) => b.kB - a.kB);
  return {
    figures: [
      { name: 'JavaScript of the first load, gzip', unit: 'kB', values: [of('.js')], limit: 60, places: 1 },
      { name: 'CSS of the first load, gzip', unit: 'kB', values: [of('.css')], limit: 12, places: 1 },
      { name: 'the biggest lazy chunk, gzip', unit: 'kB', values: [lazy?.kB ?? 0], limit: 60, places: 1 },
    ],
    notes: [],
  };
}
