/** However it is pressed, and whatever breaks meanwhile: one press is one order. Counted at the exchange. */
import type { Page } from '@playwright/test';
import { Desk, until } from './harness/desk';
import { expect, marketOf, signIn, test } from './harness/fixtures';
import { Trader } from './harness/trader';

const ORDER = { side: 'buy', type: 'Limit', price: '59000', size: '0.01' } as const;

test('a double tap is one order', async ({ open, page, trader, account, exchange, desk }) => {
  await open();
  await trader.fill(ORDER);
  if (trader.phone) {
    const box = await trader.submit.boundingBox();
    if (box === null) throw new Error('no button');
    const [x, y] = [box.x + box.width / 2, box.y + box.height / 2];
    await Promise.all([page.touchscreen.tap(x, y), page.touchscreen.tap(x, y)]);
  } else {
    await trader.submit.dblclick();
  }
  await until(async () => (await desk.living(account)).some((order) => order.status === 'open'));
  expect(await desk.living(account)).toHaveLength(1);
  expect(await exchange.placed(account)).toBe(1);
  expect(await exchange.mostCreates(account)).toBe(1);
});

/** Enter goes down and up, all at once: the browser stamps each as it comes, however slow the machine is. */
async function keys(page: Page, ...moves: ('down' | 'up')[]): Promise<void> {
  await Promise.all(moves.map((move) => page.keyboard[move]('Enter')));
}

const AT_A_KEYBOARD = { tag: '@keyboard' }; // on a phone Enter only puts it away

test(
  'Enter twice is one order, held down none more',
  AT_A_KEYBOARD,
  async ({ open, page, trader, account, exchange, desk }) => {
    await open();
    await trader.fill(ORDER);
    await trader.field('Size').focus();
    await keys(page, 'down', 'up', 'down', 'up', ...Array<'down'>(20).fill('down'), 'up');
    await until(async () => (await desk.living(account)).some((order) => order.status === 'open'));
    expect(await exchange.placed(account)).toBe(1);

    await trader.ticket.getByRole('radio', { name: 'Market' }).check();
    await trader.field('Size').focus();
    await keys(page, 'down', 'up', 'down', 'up', 'down', 'up');
    await trader.show('Orders');
    await expect(trader.orders()).toHaveCount(1);
    expect(await exchange.placed(account)).toBe(1); // asked, and not confirmed by the echo of the press
  },
);

test('two tabs: each press is one order, and both tabs show the same', async ({
  open,
  page,
  trader,
  context,
  account,
  exchange,
  desk,
}) => {
  await open();
  const second = await context.newPage();
  await second.goto(desk.url + marketOf(account));
  const other = new Trader(second, account, trader.phone);
  await trader.show('Orders');
  await other.show('Orders');
  await trader.fill(ORDER);
  await other.fill({ ...ORDER, side: 'sell', price: '61000' });
  await Promise.all([trader.press(trader.submit), other.press(other.submit)]);
  await until(async () => (await desk.living(account)).filter((order) => order.status === 'open').length === 2);
  await trader.closeTicket();
  await other.closeTicket();
  for (const tab of [trader, other]) await expect(tab.orders()).toHaveCount(2);
  expect(await exchange.placed(account)).toBe(2);
  expect(await exchange.mostCreates(account)).toBe(1);
  await page.bringToFront();
});

test('the answer of the exchange is lost: in doubt, looked for, found, and sent once', async ({
  open,
  trader,
  account,
  exchange,
}) => {
  await open();
  await trader.show('Orders');
  await exchange.fault({ kind: 'push_delayed', target: 'order', account, ms: 4_000, count: 9 });
  await exchange.fault({ kind: 'socket_cut', target: 'order.create', account });
  await trader.place(ORDER);
  await expect(trader.orders().locator('[data-state=open]')).toBeVisible({ timeout: 30_000 });
  await expect(trader.orders()).toHaveCount(1);
  expect(await exchange.placed(account)).toBe(1);
  expect(await exchange.mostCreates(account)).toBe(1);
});

test('the network goes between the press and the answer: the order is there once when it is back', async ({
  open,
  page,
  trader,
  account,
  exchange,
}) => {
  await open();
  await trader.show('Orders');
  await exchange.fault({ kind: 'reply_delayed', target: 'order.create', account, ms: 2_500 });
  await exchange.fault({ kind: 'push_delayed', target: 'order', account, ms: 2_500 });
  await trader.place(ORDER);
  await until(async () => (await exchange.placed(account)) === 1);
  await page.context().setOffline(true);
  await expect(page.getByText(/^You are offline/)).toBeVisible();
  await page.context().setOffline(false);
  await expect(trader.orders().locator('[data-state=open]')).toBeVisible({ timeout: 20_000 });
  await expect(trader.orders()).toHaveCount(1);
  expect(await exchange.placed(account)).toBe(1);
  expect(await exchange.mostCreates(account)).toBe(1);
});

test('the desk killed with an order in flight, and pressed while it is down', async ({ page, hasTouch, exchange }) => {
  test.setTimeout(120_000);
  const desk = await Desk.start();
  const account = `killed${hasTouch ? 'p' : 'd'}`;
  await desk.addAccount(exchange, account);
  await exchange.price('BTCUSDT', '60000');
  await signIn(page.context(), desk);
  await page.goto(desk.url + marketOf(account));
  const trader = new Trader(page, account, hasTouch === true);
  await trader.show('Orders');

  await exchange.fault({ kind: 'reply_delayed', target: 'order.create', account, ms: 4_000 });
  await exchange.fault({ kind: 'push_delayed', target: 'order', account, ms: 4_000 });
  await trader.fill(ORDER);
  await trader.press(trader.submit);
  await until(async () => (await exchange.placed(account)) === 1);
  await desk.stop('SIGKILL');
  await trader.closeTicket();
  await expect(page.getByText(/^Reconnecting\. What you see is \d+ s old/)).toBeVisible();
  await desk.startAgain();
  await expect(trader.orders().locator('[data-state=open]')).toBeVisible({ timeout: 40_000 });
  await expect(trader.orders()).toHaveCount(1);
  expect(await exchange.placed(account)).toBe(1);
  expect(await exchange.mostCreates(account)).toBe(1);

  await desk.stop('SIGKILL');
  await trader.fill({ ...ORDER, price: '58000' });
  await trader.press(trader.submit);
  await trader.closeTicket();
  await expect(trader.orders().locator('[data-state=checking]')).toBeVisible({ timeout: 15_000 });
  await desk.startAgain();
  await expect(page.getByRole('region', { name: 'Refused lately' })).toContainText('Not placed', { timeout: 60_000 });
  await expect(trader.orders()).toHaveCount(1);
  expect(await exchange.placed(account)).toBe(1);
  await desk.stop();
  desk.remove();
});
