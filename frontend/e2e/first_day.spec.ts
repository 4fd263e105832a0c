/** What a user can do: each sentence of it, through the real desk and exchange. */
import { Desk, until } from './harness/desk';
import { expect, marketOf, signIn, test } from './harness/fixtures';

test('the link that the desk prints signs one browser in, once', async ({ page, browser }) => {
  const desk = await Desk.start();
  const link = /^sign in +(http\S+)/m.exec(desk.said)?.[1] ?? '';
  await page.goto(link);
  await expect(page.getByText('Signed in', { exact: true })).toBeVisible();
  expect(page.url()).not.toContain('pair=');

  const other = await browser.newContext();
  const second = await other.newPage();
  await second.goto(link);
  await expect(second.getByRole('alert')).toContainText('This link was used already');
  await other.close();
  await desk.stop();
  desk.remove();
});

test('the market moves: price, chart, book and trades', async ({ open, page, trader, exchange }) => {
  await open();
  const last = page.getByTestId('last-price');
  await expect(last).toHaveText(/^(59|60)\s\d{3}\.\d/);
  const before = await last.textContent();
  await expect(last).not.toHaveText(before ?? '');

  const chart = page.getByRole('region', { name: 'Chart of BTC-PERP' });
  await expect(chart.locator('canvas').first()).toBeVisible();
  await expect(chart.getByText(/^C/).first()).toBeVisible();
  if (trader.phone) await page.getByRole('radio', { name: 'Book' }).check();
  const book = page.getByRole('region', { name: 'Order book' });
  await expect(book.getByRole('button', { name: /^Ask|^Bid/ }).first()).toBeVisible();
  if (trader.phone) await page.getByRole('radio', { name: 'Trades' }).check();
  const trades = page.getByRole('region', { name: 'Trades' });
  await expect(trades.getByRole('row')).not.toHaveCount(0);

  await exchange.price('BTCUSDT', '61000');
  await expect(last).toHaveText(/^(60\s9|61\s0)/);
});

test('a limit order: pending at the press, open, changed in its row, dragged on the chart, cancelled', async ({
  open,
  page,
  trader,
  desk,
  account,
  exchange,
}) => {
  await open();
  await trader.show('Orders');
  await exchange.fault({ kind: 'reply_delayed', target: 'order.create', account, ms: 3_000 });
  await exchange.fault({ kind: 'push_delayed', target: 'order', account, ms: 3_000 });
  await trader.place({ side: 'buy', type: 'Limit', price: '59500', size: '0.01' });
  const row = trader.orders('BTC-PERP');
  await expect(row.locator('[data-state=sending], [data-state=pending]')).toBeVisible();
  await expect(row.locator('[data-state=open]')).toBeVisible();

  if (trader.phone) {
    await row.getByRole('button', { name: /^Change/ }).tap();
    await page.getByRole('textbox', { name: 'New price' }).fill('59400');
    await page.getByRole('button', { name: 'Apply' }).tap();
  } else {
    await row.getByRole('button', { name: /^Change the price/ }).click();
    await page.getByRole('textbox', { name: 'New price' }).fill('59400');
    await page.keyboard.press('Enter');
  }
  await expect(row).toContainText('59 400');
  await until(async () => (await desk.living(account))[0]?.price === '59400');

  const line = trader.line(/^Price of Buy/);
  await trader.drag(line, -24);
  const bar = page.getByRole('group', { name: /^Move: Price of Buy/ });
  await expect(bar).toContainText('59 400');
  await trader.press(bar.getByRole('button', { name: 'Apply' }));
  await expect(bar).toBeHidden();
  await until(async () => Number((await desk.living(account))[0]?.price) > 59_400);
  const [moved] = await desk.living(account);
  await expect(line).toHaveAttribute('aria-valuenow', String(Number(moved?.price)));

  await trader.press(row.getByRole('button', { name: /^Cancel Buy/ }));
  await trader.letGo();
  await expect(row).toHaveCount(0);
  await until(async () => (await desk.living(account)).length === 0);
  expect(await exchange.placed(account)).toBe(1);
});

test('an order is cancelled on the chart, once that is meant', async ({ open, page, trader, desk, account }) => {
  await open();
  await trader.place({ side: 'buy', type: 'Limit', price: '59500', size: '0.01' });
  await expect(trader.line(/^Price of Buy/)).toBeVisible();
  const cross = page.getByTestId('chart-lines').getByRole('button', { name: /^Cancel the order: Price of Buy/ });
  await trader.press(cross);
  const dialog = page.getByRole('dialog', { name: 'Cancel this order?' });
  await expect(dialog).toContainText('Buy 0.01 BTC at 59 500.0.');
  await trader.press(dialog.getByRole('button', { name: 'Keep it' }));
  await expect(dialog).toBeHidden();
  expect(await desk.living(account)).toHaveLength(1);

  await trader.press(cross);
  await trader.press(dialog.getByRole('button', { name: 'Cancel the order' }));
  await expect(trader.line(/^Price of Buy/)).toHaveCount(0);
  await until(async () => (await desk.living(account)).length === 0);
});

test('a market order with TP and SL: it fills, the position appears, its PnL moves; the stop is moved', async ({
  open,
  page,
  trader,
  desk,
  account,
  exchange,
}) => {
  await open();
  await trader.show('Positions');
  await trader.place({ side: 'buy', type: 'Market', size: '0.1', takeProfit: '66000', stopLoss: '54000' });
  await expect(page.getByRole('region', { name: 'Messages' })).toContainText('0.1 BTC');
  const position = trader.positions('BTC-PERP');
  await expect(position).toContainText('Long');
  await expect(position).toContainText('0.1');
  await expect(trader.act(position, 'TP/SL').first()).toBeVisible();

  await exchange.run(false);
  await exchange.price('BTCUSDT', '60500');
  await expect(position).toContainText(/\+(4|5)\d\.\d/); // 0.1 BTC, some 500 higher
  await exchange.price('BTCUSDT', '59500');
  await expect(position).toContainText(/−(4|5)\d\.\d/);

  await trader.press(trader.act(position, 'TP/SL').last());
  const sheet = page.getByRole('dialog');
  await sheet.getByRole('textbox', { name: 'Stop loss (USDT)' }).fill('55000');
  await trader.press(sheet.getByRole('button', { name: 'Set TP and SL' }));
  await expect(sheet).toBeHidden();
  await expect(position).toContainText('55 000');
  await until(async () => (await desk.positions(account))[0]?.stop_loss === '55000');

  const line = trader.line(/^Stop loss of/);
  await trader.drag(line, -20);
  const bar = page.getByRole('group', { name: /^Move: Stop loss/ });
  await trader.press(bar.getByRole('button', { name: 'Apply' }));
  await expect(bar).toBeHidden();
  await until(async () => Number((await desk.positions(account))[0]?.stop_loss) > 55_000);
});

test('a position: half of it closed, reversed, and the rest closed', async ({
  open,
  page,
  trader,
  desk,
  account,
  exchange,
}) => {
  await desk.place(account, { side: 'buy', type: 'market', amount: '0.2' });
  await open();
  await trader.show('Positions');
  const position = trader.positions('BTC-PERP');
  await expect(position).toContainText('Long');

  await trader.press(trader.act(position, 'Close 50 %'));
  await trader.mean(page.getByRole('button', { name: 'Close 0.100 BTC at market' }));
  await expect(page.getByRole('dialog')).toHaveCount(0);
  await until(async () => (await desk.positions(account))[0]?.amount === '0.1');
  await expect(position).toContainText('0.1');

  await trader.press(trader.act(position, 'Reverse'));
  await trader.mean(page.getByRole('button', { name: 'Reverse to Short' }));
  await expect(position).toContainText('Short');
  await until(async () => (await desk.positions(account))[0]?.side === 'short');

  await trader.press(trader.act(position, 'Close'));
  await trader.mean(page.getByRole('button', { name: 'Close 0.100 BTC at market' }));
  await expect(position).toHaveCount(0);
  await until(async () => (await desk.positions(account)).length === 0);
  expect(await exchange.mostCreates(account)).toBe(1);
});

test('without a network the page says so, and how old each number is; back on, it replays what it missed', async ({
  open,
  page,
  trader,
  desk,
  account,
}) => {
  await open();
  await trader.show('Orders');
  await desk.place(account, { side: 'buy', type: 'limit', price: '59000', amount: '0.01' });
  await expect(trader.orders('59 000')).toBeVisible();

  await page.context().setOffline(true);
  await expect(page.getByText(/^You are offline\. What you see is \d+ s old/)).toBeVisible();
  const header = page.getByRole('banner');
  await expect(header.locator('[data-freshness=stale]').first()).toBeVisible({ timeout: 20_000 });
  await expect(header.getByTitle(/^1\d s old$/).first()).toBeVisible();

  for (const price of ['58900', '58800', '58700'])
    await desk.place(account, { side: 'buy', type: 'limit', price, amount: '0.01' });
  await until(async () => (await desk.living(account)).filter((order) => order.status === 'open').length === 4);
  await expect(trader.orders()).toHaveCount(1);

  await page.context().setOffline(false);
  const said = page.getByText(/^Caught up: \d+ events missed and replayed\.$/);
  await expect(said).toBeVisible();
  expect(Number(/\d+/.exec((await said.textContent()) ?? '')?.[0])).toBeGreaterThanOrEqual(3);
  await expect(trader.orders()).toHaveCount(4);
  await expect(header.locator('[data-freshness=fresh]').first()).toBeVisible();
});

test('reloaded, the desk restarted, from phone to desktop: signed in, nothing lost, nothing repeated', async ({
  page,
  browser,
  exchange,
}) => {
  const desk = await Desk.start();
  const account = 'moves';
  await desk.addAccount(exchange, account);
  await signIn(page.context(), desk);
  await page.goto(desk.url + marketOf(account));
  await desk.place(account, { side: 'buy', type: 'limit', price: '59000', amount: '0.01' });
  await desk.place(account, { side: 'buy', type: 'market', amount: '0.05' });

  const holds = async (at: typeof page): Promise<void> => {
    await at.goto(`${desk.url}/orders`);
    await expect(at.getByRole('region', { name: 'Living orders' }).locator('[data-state=open]')).toHaveCount(1);
    await at.goto(`${desk.url}/positions`);
    await expect(at.getByRole('region', { name: 'Positions', exact: true }).getByText('Long')).toHaveCount(1);
  };
  await holds(page);
  await page.reload();
  await holds(page);
  await desk.restart('SIGTERM');
  await holds(page);

  await page.goto(`${desk.url}/devices`);
  const { code } = await desk.pair();
  const other = await browser.newContext({ viewport: { width: 1440, height: 900 } });
  const second = await other.newPage();
  await second.goto(desk.url);
  await second.getByRole('textbox', { name: 'Code' }).fill(code);
  await second.getByRole('button', { name: 'Sign in' }).click();
  await expect(second.getByText('Signed in', { exact: true })).toBeVisible();
  await holds(second);
  await holds(page);

  expect(await exchange.mostCreates(account)).toBe(1);
  expect(await exchange.placed(account)).toBe(2);
  await other.close();
  await desk.stop();
  desk.remove();
});
