import { expect, type Page } from '@playwright/test';
import { type Desk, until } from './desk';
import { marketOf } from './fixtures';
import { Trader } from './trader';

/** A screen of the page: where it is, and what is pressed to get there. */
export type Screen = { name: string; path: (account: string) => string; enter?: (trader: Trader) => Promise<void> };

const dialog = (trader: Trader) => trader.page.getByRole('dialog');
const pressed = (name: string | RegExp) => async (trader: Trader) => {
  await trader.press(trader.page.getByRole('button', { name }).first());
  await expect(dialog(trader)).toBeVisible();
};
/** The desk has said what the order in the ticket would be. */
const weighed = async (trader: Trader) => {
  const margin = trader.ticket.getByText('Margin', { exact: true }).locator('+ dd');
  await expect(margin).toHaveText(/\d/);
};
const market = (account: string) => marketOf(account);
const at = (path: string) => () => path;

/** One of chart, book and trades is shown at a time. */
const isNarrow = (trader: Trader) => (trader.page.viewportSize()?.width ?? 0) < 1024;
/** A market order is held there, not asked for once more. */
const isTouched = (trader: Trader) => trader.page.evaluate(() => matchMedia('(pointer: coarse)').matches);

/** Something to look at: a position with its stops, orders of every kind, and some history. */
export async function furnish(desk: Desk, account: string): Promise<string> {
  await desk.place(account, { side: 'buy', type: 'market', amount: '0.25', take_profit: '63000', stop_loss: '58200' });
  await desk.place(account, { symbol: 'ETH/USDT:USDT', side: 'sell', type: 'market', amount: '4' });
  await desk.place(account, { symbol: 'SOL/USDT:USDT', side: 'buy', type: 'market', amount: '150' });
  const { order_id } = await desk.place(account, {
    side: 'buy',
    type: 'limit',
    price: '59400',
    amount: '0.1',
    take_profit: '62400',
    stop_loss: '58000',
  });
  await desk.place(account, { side: 'sell', type: 'limit', price: '60900', amount: '0.15', reduce_only: true });
  await desk.place(account, { side: 'sell', type: 'market', trigger_price: '57900', amount: '0.1', reduce_only: true });
  const gone = await desk.place(account, { side: 'sell', type: 'limit', price: '62500', amount: '0.05' });
  await until(async () => (await desk.living(account)).filter(({ status }) => status === 'open').length >= 3);
  await desk.ask('DELETE', `/api/orders/${gone.order_id}`);
  return order_id;
}

/** Every screen of a signed-in browser. `order` is the id of an order that lives. */
export function screens(order: string): Screen[] {
  return [
    { name: 'trade', path: market },
    {
      name: 'book',
      path: market,
      enter: async (trader) => {
        if (isNarrow(trader)) await trader.page.getByRole('radio', { name: 'Book' }).check();
        const book = trader.page.getByRole('region', { name: 'Order book' });
        await expect(book.getByRole('button').first()).toBeVisible();
      },
    },
    {
      name: 'trades',
      path: market,
      enter: async (trader) => {
        if (isNarrow(trader)) await trader.page.getByRole('radio', { name: 'Trades' }).check();
        await expect(trader.page.getByRole('region', { name: 'Trades' }).getByRole('row')).not.toHaveCount(0);
      },
    },
    {
      name: 'ticket',
      path: market,
      enter: async (trader) => {
        await trader.fill({
          side: 'sell',
          type: 'Limit',
          price: '60500',
          size: '0.1',
          takeProfit: '59000',
          stopLoss: '61500',
        });
        await weighed(trader);
      },
    },
    {
      name: 'ticket-stop',
      path: market,
      enter: async (trader) => {
        await trader.openTicket('buy');
        await trader.ticket.getByRole('radio', { name: 'Stop', exact: true }).check();
      },
    },
    {
      name: 'confirm',
      path: market,
      enter: async (trader) => {
        await trader.fill({ side: 'buy', type: 'Market', size: '0.1' });
        await weighed(trader);
        if (!(await isTouched(trader))) await pressed(new RegExp(`· ${trader.account}$`))(trader);
      },
    },
    { name: 'markets', path: market, enter: pressed(/^BTC-PERP/) },
    { name: 'connection', path: market, enter: pressed(/^live/) },
    { name: 'stop', path: market, enter: pressed('Stop') },
    { name: 'positions', path: at('/positions') },
    { name: 'close', path: at('/positions'), enter: pressed('Close 50 %') },
    { name: 'reverse', path: at('/positions'), enter: pressed('Reverse') },
    { name: 'protect', path: at('/positions'), enter: pressed(/^TP\/SL/) },
    { name: 'orders', path: at('/orders') },
    {
      name: 'change',
      path: at('/orders'),
      enter: async (trader) => {
        await trader.press(trader.page.getByRole('button', { name: /^Change (the price|Buy|Sell)/ }).first());
        await expect(trader.page.getByRole('textbox', { name: /^New (price|amount|trigger)/ }).first()).toBeVisible();
      },
    },
    { name: 'order', path: at(`/orders/${order}`) },
    { name: 'closed', path: at('/closed') },
    { name: 'fills', path: at('/fills') },
    { name: 'equity', path: at('/equity') },
    { name: 'more', path: at('/more') },
    { name: 'accounts', path: at('/accounts') },
    { name: 'add-account', path: at('/accounts'), enter: pressed('Add an account') },
    { name: 'devices', path: at('/devices') },
    { name: 'add-device', path: at('/devices'), enter: pressed('Add a device') },
    { name: 'notices', path: at('/notices') },
    { name: 'add-destination', path: at('/notices'), enter: pressed('Add a destination') },
    { name: 'settings', path: at('/settings') },
    { name: 'limits', path: (account) => `/limits/${account}` },
  ];
}

const MOVES_MS = 1_000;

/** Nothing slides or fades any more. What is not drawn never ends its transition: it is not waited for. */
export async function atRest(page: Page): Promise<void> {
  await page.evaluate((mostMs) => {
    const all = Promise.allSettled(document.getAnimations().map((each) => each.finished));
    return Promise.race([all, new Promise((done) => setTimeout(done, mostMs))]).then(() => undefined);
  }, MOVES_MS);
}

/** Go there, and wait until it shows what it is about. */
export async function show(page: Page, desk: Desk, screen: Screen, account: string): Promise<void> {
  await page.evaluate(() => sessionStorage.clear()); // a ticket begun on the last one
  await page.goto(desk.url + screen.path(account));
  await expect(page.getByRole('main')).toBeVisible();
  await expect(page.getByRole('button', { name: /^live/ })).toBeVisible();
  await expect(page.getByRole('status', { name: /^(Loading|Asking|Making)/ })).toHaveCount(0);
  const phone = (page.viewportSize()?.width ?? 0) < 640;
  await screen.enter?.(new Trader(page, account, phone));
}
