import { test as base, expect, type BrowserContext } from '@playwright/test';
import { chromium } from './chromium';
import { Desk } from './desk';
import { Exchange } from './exchange';
import { Trader } from './trader';

export const BTC = 'BTC/USDT:USDT';
/** Where each test's market begins; it wanders from there by less than a percent. */
export const PRICE = '60000';

type Worker = { exchange: Exchange; desk: Desk };
type Each = {
  /** What the account is called. */
  accountName: string;
  /** An account of this test alone, in a market that begins at `PRICE`. */
  account: string;
  /** Sign this browser in, and show a page of the desk: the account's market, where none is named. */
  open: (path?: string) => Promise<void>;
  /** Whose hand the browser is in: a finger on a phone, a mouse on a desktop. */
  trader: Trader;
};

export const test = base.extend<Each, Worker>({
  exchange: [
    async ({}, use) => {
      base.skip(chromium === null && !process.env.CI, 'there is no Chromium on this machine');
      const exchange = await Exchange.start();
      await use(exchange);
      await exchange.stop();
    },
    { scope: 'worker', timeout: 60_000 },
  ],
  desk: [
    // eslint-disable-next-line @typescript-eslint/no-unused-vars -- started before the desk, stopped after it
    async ({ exchange: _ }, use) => {
      const desk = await Desk.start();
      await use(desk);
      await desk.stop();
      desk.remove();
    },
    { scope: 'worker', timeout: 60_000 },
  ],
  accountName: async ({}, use, { testId, repeatEachIndex }) => {
    await use(`t${testId.slice(-6)}${repeatEachIndex}`.toLowerCase().replace(/[^a-z0-9]/g, ''));
  },
  account: async ({ desk, exchange, accountName: name }, use) => {
    await exchange.clearFaults();
    await exchange.run(true);
    await exchange.price('BTCUSDT', PRICE);
    await desk.addAccount(exchange, name);
    await use(name);
    await exchange.clearFaults();
    await exchange.run(true);
    await desk.forget(name);
  },
  open: async ({ desk, account, page, context }, use) => {
    await use(async (path = marketOf(account)) => {
      await signIn(context, desk);
      await page.goto(desk.url + path);
    });
  },
  trader: async ({ page, account, hasTouch }, use) => {
    await use(new Trader(page, account, hasTouch === true));
  },
});

/** The address of the account's own market. */
export function marketOf(account: string, symbol = BTC): string {
  return `/trade/${account}/${encodeURIComponent(symbol)}`;
}

/** What the sign-in page does, without the page: the session is the browser's. */
export async function signIn(context: BrowserContext, desk: Desk, device = 'Test'): Promise<void> {
  const { code } = await desk.pair();
  const answer = await context.request.post(`${desk.url}/api/session`, {
    data: { code, device },
    headers: { origin: desk.url, 'x-hedgerow': '1' },
  });
  expect(answer.status(), await answer.text()).toBe(201);
}

export { expect };
