/** Old prices look old, say how old, and make a market order ask once more. */
import { expect, test } from './harness/fixtures';

test('the market stops: prices dim, then are hatched and say their age; a market order asks', async ({
  open,
  page,
  trader,
  account,
  exchange,
  desk,
}) => {
  await open();
  const price = page.locator('[data-freshness]', { has: page.getByTestId('last-price') });
  await expect(price).toHaveAttribute('data-freshness', 'fresh');
  await exchange.run(false);
  await expect(price).toHaveAttribute('data-freshness', 'dim');
  await expect(price).toHaveAttribute('data-freshness', 'stale', { timeout: 20_000 });
  await expect(price).toHaveAttribute('title', /^\d+ s old$/);
  await expect(page.getByText(/^\d+ s old$/).first()).toBeVisible(); // in words too: beside the chart, or in the book

  await page.evaluate(() => {
    const prefs = JSON.parse(localStorage.getItem('hedgerow.prefs') ?? '{}') as { confirm: Record<string, boolean> };
    prefs.confirm = { ...prefs.confirm, market: false };
    localStorage.setItem('hedgerow.prefs', JSON.stringify(prefs));
  });
  await page.reload(); // "one press" is chosen, and counts only while the price is fresh
  await expect(price).toHaveAttribute('data-freshness', 'stale', { timeout: 30_000 });
  await trader.fill({ side: 'buy', type: 'Market', size: '0.01' });
  await expect(trader.ticket.getByText('The price shown is old')).toBeVisible();
  await trader.press(trader.submit);
  const ask = page.getByRole('dialog', { name: 'Send this order?' });
  await expect(ask).toContainText('The price shown is old');
  expect(await exchange.placed(account)).toBe(0);
  await trader.press(ask.getByRole('button', { name: 'Send it' }));
  await expect.poll(async () => (await desk.positions(account)).length).toBe(1);
});
