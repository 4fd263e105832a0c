import { expect, type CDPSession, type Locator, type Page } from '@playwright/test';

export type Side = 'buy' | 'sell';
type OrderType = 'Limit' | 'Market' | 'Stop' | 'Take profit';
/** What is typed into the ticket; sizes are in coin. */
export type Entry = {
  side: Side;
  type: OrderType;
  size: string;
  price?: string;
  takeProfit?: string;
  stopLoss?: string;
};

/** A user's hand on the page: a finger on a phone, a mouse and keys on a desktop. The words are the page's own. */
export class Trader {
  private session: Promise<CDPSession> | undefined;

  constructor(
    readonly page: Page,
    readonly account: string,
    readonly phone: boolean,
  ) {}

  /** Tap or click. */
  async press(target: Locator): Promise<void> {
    if (this.phone) await target.tap();
    else await target.click();
  }

  /** A press that has to be meant: held until it has filled on a phone, confirmed on a desktop by `confirm`. */
  async mean(target: Locator, confirm?: Locator): Promise<void> {
    if (this.phone) {
      await this.hold(target);
      return;
    }
    await target.click();
    if (confirm !== undefined) await confirm.click();
  }

  /** A finger, or a mouse's button, held on a button until it has filled. */
  async hold(target: Locator): Promise<void> {
    await expect(target).toBeEnabled();
    // Looked for in every frame, and before the press: on a busy machine it may be over before a test looks.
    const began = this.page.waitForFunction(() => document.querySelector('.filling') !== null);
    const release = this.phone ? (await this.touch(target)).end : await this.pressMouse(target);
    await began;
    await expect(this.page.locator('.filling')).toHaveCount(0);
    await release();
  }

  private async pressMouse(target: Locator): Promise<() => Promise<void>> {
    await target.hover();
    await this.page.mouse.down();
    return () => this.page.mouse.up();
  }

  /** A finger put down on the middle of something; times are in seconds, now where none is given. */
  private async touch(target: Locator, timestamp?: number): Promise<Touch> {
    await target.scrollIntoViewIfNeeded();
    const box = await boxOf(target);
    // One for the life of the page: a session that is given up takes back the touches that come next.
    this.session ??= this.page.context().newCDPSession(this.page);
    const session = await this.session;
    const at = { x: box.x + box.width / 2, y: box.y + box.height / 2 };
    const send = async (type: 'touchStart' | 'touchMove' | 'touchEnd', touchPoints: Point[], timestamp?: number) => {
      await session.send('Input.dispatchTouchEvent', {
        type,
        touchPoints,
        ...(timestamp === undefined ? {} : { timestamp }),
      });
    };
    await send('touchStart', [at], timestamp);
    return {
      at,
      move: (to, timestamp) => send('touchMove', [to], timestamp),
      end: (timestamp) => send('touchEnd', [], timestamp),
    };
  }

  /** Drag something up (below 0) or down by so many pixels. */
  async drag(target: Locator, byPx: number): Promise<void> {
    const STEPS = 8;
    const DRAG_S = 0.06;
    const REST_S = 0.09; // beyond 0.04 s a finger counts as one that stands still
    if (this.phone) {
      // It rests before it is lifted, as of one who looks where the line is: after a flick Chromium takes the next tap
      // for the end of the flick, and clicks nothing.
      const began = Date.now() / 1000 - DRAG_S - REST_S;
      const touch = await this.touch(target, began);
      for (let i = 1; i <= STEPS; i += 1) {
        const to = { x: touch.at.x, y: touch.at.y + (byPx * i) / STEPS };
        await touch.move(to, began + (DRAG_S * i) / STEPS);
      }
      await touch.end(Math.max(began + DRAG_S + REST_S, Date.now() / 1000));
      return;
    }
    const box = await boxOf(target);
    const [x, y] = [box.x + box.width / 2, box.y + box.height / 2];
    await this.page.mouse.move(x, y);
    await this.page.mouse.down();
    await this.page.mouse.move(x, y + byPx, { steps: STEPS });
    await this.page.mouse.up();
  }

  get ticket(): Locator {
    return this.page.getByRole('region', { name: 'New order' });
  }

  field(name: string | RegExp): Locator {
    return this.ticket.getByRole('textbox', { name });
  }

  /** The button that sends: it spells the order. */
  get submit(): Locator {
    return this.ticket.getByRole('button', { name: new RegExp(`· ${this.account}$`) });
  }

  async openTicket(side: Side): Promise<void> {
    const name = side === 'buy' ? 'Buy / Long' : 'Sell / Short';
    if (this.phone) await this.page.getByRole('button', { name }).tap();
    await this.ticket.getByRole('radio', { name }).check();
  }

  async closeTicket(): Promise<void> {
    if (this.phone) await this.page.getByRole('dialog').getByRole('button', { name: 'Close', exact: true }).tap();
  }

  /** Fill the ticket without sending it. */
  async fill(entry: Entry): Promise<void> {
    await this.openTicket(entry.side);
    await this.ticket.getByRole('radio', { name: entry.type, exact: true }).check();
    await this.ticket.getByRole('radio', { name: 'BTC' }).click();
    if (entry.price !== undefined) await this.field(/^Price/).fill(entry.price);
    await this.field('Size').fill(entry.size);
    const { takeProfit, stopLoss } = entry;
    if (takeProfit === undefined && stopLoss === undefined) return;
    await this.ticket.getByRole('switch', { name: 'TP/SL' }).check();
    await this.ticket.getByRole('radio', { name: 'Price', exact: true }).check();
    if (takeProfit !== undefined) await this.field(/^TP/).fill(takeProfit);
    if (stopLoss !== undefined) await this.field(/^SL/).fill(stopLoss);
  }

  /** Send what is in the ticket, by the way that the default settings ask for. */
  async send(type: OrderType): Promise<void> {
    if (type === 'Market') await this.mean(this.submit, this.page.getByRole('button', { name: 'Send it' }));
    else await this.press(this.submit);
  }

  async place(entry: Entry): Promise<void> {
    await this.fill(entry);
    await this.send(entry.type);
    await this.closeTicket();
  }

  /** Below the chart, what is asked for is shown beside what is held on a phone, and in a tab of its own on a desktop. */
  async show(what: 'Orders' | 'Positions'): Promise<void> {
    if (!this.phone) await this.page.getByRole('tab', { name: new RegExp(`^${what}`) }).click();
  }

  /** The living orders' rows or cards that hold this text. */
  orders(text: string | RegExp = ''): Locator {
    return this.page
      .getByRole('region', { name: 'Living orders' })
      .getByRole(this.phone ? 'article' : 'row')
      .filter({ has: this.page.locator('[data-state]'), hasText: text })
      .filter(this.own);
  }

  positions(text: string | RegExp = ''): Locator {
    return this.page
      .getByRole('region', { name: 'Positions', exact: true })
      .getByRole(this.phone ? 'article' : 'row')
      .filter({ has: this.page.getByRole('button', { name: 'Close 50 %' }), hasText: text })
      .filter(this.own);
  }

  /** A grid shows every account; below a phone's chart there is only the chosen one. */
  private get own(): { hasText: string } {
    return { hasText: this.phone ? '' : this.account };
  }

  /** The rows of a table hold still under a mouse; it is taken away. */
  async letGo(): Promise<void> {
    if (!this.phone) await this.page.mouse.move(0, 0);
  }

  /** A button of a position, by what it does. */
  act(row: Locator, name: 'TP/SL' | 'Reverse' | 'Close 50 %' | 'Close'): Locator {
    return name === 'TP/SL'
      ? row.getByRole('button', { name: /^TP\/SL/ })
      : row.getByRole('button', { name, exact: true });
  }

  /** An order's line on the chart. */
  line(name: RegExp): Locator {
    return this.page.getByTestId('chart-lines').getByRole('slider', { name });
  }
}

type Point = { x: number; y: number };
type Touch = {
  at: Point;
  move: (to: Point, timestamp?: number) => Promise<void>;
  end: (timestamp?: number) => Promise<void>;
};

async function boxOf(target: Locator): Promise<{ x: number; y: number; width: number; height: number }> {
  const box = await target.boundingBox();
  if (box === null) throw new Error('it is not on the screen');
  return box;
}
