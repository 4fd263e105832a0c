/** No finding of axe-core, of any impact: on each screen, in each theme, on a phone and on a desktop. */
import { findings } from './harness/axe';
import { expect, marketOf, test } from './harness/fixtures';
import { furnish, screens, show } from './harness/screens';

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

  test(`what is old, ${theme}`, async ({ open, page, desk, account, exchange }) => {
    test.setTimeout(120_000);
    await furnish(desk, account);
    await page.emulateMedia({ colorScheme: theme, reducedMotion: 'reduce' });
    await open();
    const price = page.locator('[data-freshness]', { has: page.getByTestId('last-price') });
    await expect(price).toHaveAttribute('data-freshness', 'fresh');
    await exchange.run(false);
    await expect(price).toHaveAttribute('data-freshness', 'stale', { timeout: 30_000 });
    await page.evaluate(() => {
      const plain = new CSSStyleSheet(); // axe judges no text above a pattern
      plain.replaceSync('.hatched { background-image: none !important }');
      document.adoptedStyleSheets.push(plain);
    });
    expect(await findings(page, 'old prices')).toEqual([]);
  });
}
