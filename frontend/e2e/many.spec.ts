/** Three hundred living orders: a window of them in the page, sorted, filtered, and cancelled at once. */
import { until } from './harness/desk';
import { expect, test } from './harness/fixtures';

const MANY = 299; // and one to find

test('300 living orders scroll, filter, and go by one press', async ({ open, page, trader, desk, account }) => {
  test.setTimeout(120_000);
  const at = Array.from({ length: MANY }, (_, i) => String(59_000 - i));
  for (let i = 0; i < MANY; i += 10) {
    const batch = at.slice(i, i + 10);
    await Promise.all(
      batch.map((price) => desk.place(account, { side: 'buy', type: 'limit', price, amount: '0.001' })),
    );
  }
  await desk.place(account, { side: 'sell', type: 'limit', price: '61000', amount: '0.001' });
  await open('/orders');
  const region = page.getByRole('region', { name: 'Living orders' });
  const rows = region.locator('[data-row]');
  await expect(rows.first()).toBeVisible();
  await until(async () => (await desk.living(account)).filter(({ status }) => status === 'open').length === 300);
  expect(await rows.count()).toBeLessThan(60);
  if (trader.phone) await expect(region.getByRole('listitem').first()).toHaveAttribute('aria-setsize', '300');
  else await expect(region.getByText('300 orders')).toBeVisible();

  const scroller = trader.phone ? page.getByRole('main') : region.getByRole('table');
  await scroller.evaluate((element) => element.scrollTo({ top: element.scrollHeight }));
  await expect(region.getByText('59 000', { exact: true })).toBeVisible(); // the oldest is the last
  expect(await rows.count()).toBeLessThan(60);

  await region.getByRole('searchbox', { name: 'Filter orders' }).fill('sell btc');
  await expect(rows).toHaveCount(1);
  await region.getByRole('searchbox', { name: 'Filter orders' }).fill('');
  await trader.press(region.getByRole('radio', { name: 'Waiting' }));
  await expect(region.getByText('No order matches the filter')).toBeVisible();
  await trader.press(region.getByRole('radio', { name: 'All' }));

  await trader.press(region.getByRole('button', { name: 'Cancel all' }));
  const ask = page.getByRole('dialog');
  await expect(ask).toContainText('Cancel 300 orders?');
  await trader.press(ask.getByRole('button', { name: 'Cancel all' }));
  await trader.letGo();
  await expect(region.getByText('No orders at work')).toBeVisible({ timeout: 30_000 });
  expect(await desk.living(account)).toHaveLength(0);
});
