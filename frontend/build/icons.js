/** Draws public/*.png from public/icon.svg. Run by hand when the mark changes: `node build/icons.js`. */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { chromium } from '@playwright/test';

const PUBLIC = join(import.meta.dirname, '../public');
const mark = readFileSync(join(PUBLIC, 'icon.svg'), 'utf8');
const GROUND = '#10241c';

/**
 * What platforms crop to a circle or round off themselves needs the ground to its edges, and the mark well inside.
 * @type {{name: string, px: number, inset: number}[]}
 */
const ICONS = [
  { name: 'icon-192.png', px: 192, inset: 0 },
  { name: 'icon-512.png', px: 512, inset: 0 },
  { name: 'icon-maskable-512.png', px: 512, inset: 56 },
  { name: 'apple-touch-icon.png', px: 180, inset: 8 },
];

const browser = await chromium.launch({ executablePath: '/usr/bin/chromium', args: ['--no-sandbox'] });
for (const { name, px, inset } of ICONS) {
  const page = await browser.newPage({ viewport: { width: px, height: px } });
  const ground = inset > 0 ? GROUND : 'transparent';
  await page.setContent(
    `<style>body{margin:0;background:${ground}}svg{display:block;margin:${inset}px;width:${px - 2 * inset}px}</style>${mark}`,
  );
  writeFileSync(join(PUBLIC, name), await page.screenshot({ omitBackground: true }));
  await page.close();
}
await browser.close();
