/** A desk, an exchange and a browser for the whole bench; a context of the browser is a device that is signed in. */
import { chromium, devices, type Browser, type BrowserContext, type CDPSession, type Page } from '@playwright/test';
import { chromium as executablePath } from '../e2e/harness/chromium';
import { Desk } from '../e2e/harness/desk';
import { Exchange } from '../e2e/harness/exchange';
import { BTC, marketOf, PRICE, signIn } from '../e2e/harness/fixtures';
import { installProbe } from './probe';

export { BTC };
/** How many rounds each figure is measured in. */
export interface Plan {
  rounds: number;
}

const SCREENS = {
  phone: { ...devices['Pixel 7'], viewport: { width: 390, height: 844 } },
  desktop: { viewport: { width: 1440, height: 900 } },
};
export type Screen = keyof typeof SCREENS;

/** How much slower than this machine the page's processor is, and whether the network is a slow 4G's. */
export interface Hardship {
  cpu?: number;
  slow4g?: boolean;
}
/** Bytes a second and milliseconds: what Lighthouse calls slow 4G. */
const SLOW_4G = { downloadThroughput: 1.6e6 / 8, uploadThroughput: 0.75e6 / 8, latency: 150 };
export const BROWSER_ARGS = ['--no-sandbox', '--disable-background-networking', '--disable-component-update'];

export class Stage {
  private constructor(
    readonly exchange: Exchange,
    readonly desk: Desk,
    readonly browser: Browser,
  ) {}

  static async start(): Promise<Stage> {
    if (executablePath === null) throw new Error('there is no Chromium on this machine');
    const exchange = await Exchange.start();
    await exchange.price('BTCUSDT', PRICE);
    const desk = await Desk.start();
    const browser = await chromium.launch({ executablePath, args: BROWSER_ARGS });
    return new Stage(exchange, desk, browser);
  }

  async stop(): Promise<void> {
    await this.browser.close();
    await this.desk.stop();
    this.desk.remove();
    await this.exchange.stop();
  }

  /** An account of its own for one figure; the answer ends it. */
  async account(name: string): Promise<() => Promise<void>> {
    await this.exchange.price('BTCUSDT', PRICE);
    await this.desk.addAccount(this.exchange, name);
    return async () => {
      await this.desk.ask('DELETE', `/api/orders?account=${name}`);
      await this.desk.ask('DELETE', `/api/accounts/${name}`);
    };
  }

  async device(screen: Screen): Promise<BrowserContext> {
    const context = await this.browser.newContext({ ...SCREENS[screen], locale: 'en-GB', timezoneId: 'UTC' });
    await context.addInitScript(installProbe);
    await signIn(context, this.desk, 'Bench');
    return context;
  }

  market(account: string): string {
    return this.desk.url + marketOf(account);
  }

  /** A page of the account's market that shows its price. */
  async trading(context: BrowserContext, account: string, hardship: Hardship = {}): Promise<Page> {
    const page = await context.newPage();
    await page.goto(this.market(account));
    await live(page);
    await page
      .getByRole('region', { name: /^Chart of/ })
      .locator('canvas')
      .first()
      .waitFor();
    await endure(page, hardship);
    return page;
  }
}

/** Until the price is on the screen; the answer is when it was, from the start of the navigation. */
export async function live(page: Page): Promise<number> {
  await page.waitForFunction(() => window.probe.liveMs !== null);
  return page.evaluate(() => window.probe.liveMs ?? NaN);
}

export async function endure(page: Page, { cpu = 1, slow4g = false }: Hardship): Promise<CDPSession> {
  const session = await page.context().newCDPSession(page);
  await session.send('Emulation.setCPUThrottlingRate', { rate: cpu });
  if (slow4g) {
    await session.send('Network.enable');
    await session.send('Network.emulateNetworkConditions', { offline: false, ...SLOW_4G });
  }
  return session;
}
