/** No finding of axe-core, of any impact: on each screen, in each theme, on a phone and on a desktop. */
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import type { Page } from '@playwright/test';
import { expect, marketOf, test } from './harness/fixtures';
import { atRest, furnish, screens, show } from './harness/screens';

const AXE = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');

type Finding = { id: string; impact: string; nodes: { target: string[]; html: string; failureSummary: string }[] };

async function findings(page: Page, name: string): Promise<string[]> {
  await atRest(page);
  if (!(await page.evaluate(() => 'axe' in window))) await page.evaluate(AXE);
  const found = await page.evaluate(async () => {
    const { axe } = window as unknown as { axe: { run: (options: object) => Promise<{ violations: Finding[] }> } };
    return (await axe.run({ resultTypes: ['violations'] })).violations;
  });
  return found.flatMap(({ id, impact, nodes }) =>
    nodes.map(({ target, html, failureSummary }) => {
      const why = failureSummary.replace(/\s+/g, ' ').slice(0, 300);
      return `${name}: ${id} (${impact}) ${target.join(' ')} | ${html.slice(0, 160)} | ${why}`;
    }),
  );
}

for (const theme of ['dark', 'light'] as const) {
  test(`every screen, ${theme}`, async ({ open, page, desk, account }) => {
    test.setTimeout(240_000);
    const order = await furnish(desk, account);
    await page.emulateMedia({ colorScheme: theme, reducedMotion: 'reduce' });
    await open();
    const found: string[] = [];
    for (const screen of screens(order)) {
      await show(page, desk, screen, account);
      found.push(...(await findings(page, screen.name)));
    }
    expect(found).toEqual([]);
  });

  test(`the sign-in page, and each set of colours, ${theme}`, async ({ open, page, desk, account }) => {
    await furnish(desk, account);
    await page.emulateMedia({ colorScheme: theme, reducedMotion: 'reduce' });
    await page.goto(desk.url);
    await expect(page.getByRole('textbox', { name: 'Code' })).toBeVisible();
    const found = await findings(page, 'sign-in');
    await open();
    for (const colours of ['green-red', 'red-green', 'blue-orange']) {
      await page.evaluate((chosen) => {
        const prefs = JSON.parse(localStorage.getItem('hedgerow.prefs') ?? '{}') as object;
        localStorage.setItem('hedgerow.prefs', JSON.stringify({ ...prefs, colours: chosen }));
      }, colours);
      await page.goto(desk.url + marketOf(account));
      await expect(page.locator('html')).toHaveAttribute('data-colours', colours);
      await expect(page.getByRole('button', { name: /^live/ })).toBeVisible();
      await expect(page.getByTestId('last-price')).toHaveText(/\d/);
      found.push(...(await findings(page, colours)));
    }
    expect(found).toEqual([]);
  });
}
