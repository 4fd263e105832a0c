/** What was: fills and closed orders, searched and exported, and an order's own story. */
import { readFileSync } from 'node:fs';
import { until } from './harness/desk';
import { expect, test } from './harness/fixtures';

test('fills come in live, are filtered, and go out as CSV', async ({ open, page, trader, desk, account }) => {
  await desk.place(account, { side: 'buy', type: 'market', amount: '0.02' });
  await open('/fills');
  const region = page.getByRole('region', { name: 'Fills' });
  await expect(region.locator('[data-row]').first()).toContainText('Buy');
  await desk.place(account, { side: 'sell', type: 'market', amount: '0.01' });
  await expect(region.locator('[data-row]').first()).toContainText('Sell');

  if (!(await region.getByLabel('Side', { exact: true }).isVisible()))
    await trader.press(region.getByRole('button', { name: 'Filters' }));
  await region.getByLabel('Side', { exact: true }).selectOption('buy');
  await region.getByLabel('Account', { exact: true }).selectOption(account);
  await expect(region.locator('[data-row]').filter({ hasText: 'Sell' })).toHaveCount(0);
  await expect(region.locator('[data-row]').filter({ hasText: 'Buy' })).not.toHaveCount(0);

  const downloading = page.waitForEvent('download');
  await trader.press(region.getByRole('link', { name: 'Export CSV' }));
  const text = readFileSync(await (await downloading).path(), 'utf8');
  const [head = '', ...lines] = text.trim().split(/\r?\n/);
  const column = head.split(',').indexOf('side');
  expect(lines.length).toBeGreaterThan(0);
  for (const line of lines) expect(line.split(',')[column]).toBe('buy');
});

test('closed orders are searched by status, and go out as CSV', async ({ open, page, trader, desk, account }) => {
  const { order_id } = await desk.place(account, { side: 'buy', type: 'limit', price: '58000', amount: '0.01' });
  await until(async () => (await desk.living(account)).some(({ status }) => status === 'open'));
  await desk.ask('DELETE', `/api/orders/${order_id}`);
  await desk.place(account, { side: 'buy', type: 'market', amount: '0.01' });
  await open('/closed');
  const region = page.getByRole('region', { name: 'Closed orders' });
  await expect(region.locator('[data-state=canceled]').first()).toBeVisible();
  if (!(await region.getByLabel('Status', { exact: true }).isVisible()))
    await trader.press(region.getByRole('button', { name: 'Filters' }));
  await region.getByLabel('Status', { exact: true }).selectOption('filled');
  await expect(region.locator('[data-state=canceled]')).toHaveCount(0);
  await expect(region.locator('[data-state=filled]').first()).toBeVisible();

  const downloading = page.waitForEvent('download');
  await trader.press(region.getByRole('link', { name: 'Export CSV' }));
  const text = readFileSync(await (await downloading).path(), 'utf8');
  expect(text).toContain('filled');
  expect(text).not.toContain(order_id);
});

test('an order opens to its story, which goes on as it happens', async ({ open, page, trader, desk, account }) => {
  const { order_id } = await desk.place(account, { side: 'buy', type: 'limit', price: '58500', amount: '0.01' });
  await open(`/orders/${order_id}`);
  const story = page.getByRole('region', { name: 'Timeline' });
  await expect(story).toContainText('You asked to buy 0.01 BTC-PERP at 58 500');
  await expect(story).toContainText('Sent to the exchange');
  await expect(story).toContainText('Open: it works at the exchange');
  await trader.press(page.getByRole('article').getByRole('button', { name: 'Cancel', exact: true }));
  await expect(story).toContainText('You asked to cancel it');
  await expect(story.getByText('Canceled', { exact: false }).last()).toBeVisible();
});

test('equity of each account and in total, and by day', async ({ open, page, desk, exchange, account }) => {
  const other = `${account}b`;
  await desk.addAccount(exchange, other);
  await desk.place(account, { side: 'buy', type: 'market', amount: '0.1' });
  await exchange.run(false);
  await open('/equity');
  const region = page.getByRole('region', { name: 'Equity' }).first();
  for (const name of [account, other]) await expect(region.getByRole('heading', { name, exact: true })).toBeVisible();
  await expect(region.getByText('All accounts, in USDT')).toBeVisible();
  await exchange.price('BTCUSDT', '63000');
  await expect(region.getByText(/^\+(29|30)\d\.\d\d/)).toHaveCount(2); // of the one that holds it, and in total
  await expect(region.getByRole('slider', { name: /^Equity and realised PnL by day/ })).toBeVisible();
  await desk.forget(other);
});
