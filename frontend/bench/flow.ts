/** Orders that change all the time, as other clients of the desk would change them. */
import type { Stage } from './stage';
import { BTC } from './stage';

/** Living orders that are amended in turn. */
const ORDERS = 40;
const LOWEST = 57_000;
const AT_ONCE = 16;

export class Flow {
  /** Amendments that the desk has answered. */
  done = 0;
  private running = true;
  private under = 0;
  private owed = 0;
  private turn = 0;
  private sinceMs = performance.now();
  private readonly idle: Promise<void>;
  private setIdle: () => void = () => undefined;
  private fault: unknown = null;
  private readonly timer: ReturnType<typeof setInterval> | undefined;

  private constructor(
    private readonly stage: Stage,
    private readonly ids: readonly string[],
    private readonly perSecond: number,
    private readonly most: number,
  ) {
    this.idle = new Promise((resolve) => (this.setIdle = resolve));
    this.timer = setInterval(() => this.pace(), 5);
  }

  /** Amend so many orders a second until stopped, or until `most` of them are done. */
  static start(stage: Stage, ids: readonly string[], perSecond: number, most = Infinity): Flow {
    return new Flow(stage, ids, perSecond, most);
  }

  /** The orders to be amended. */
  static async orders(stage: Stage, account: string): Promise<string[]> {
    const ids: string[] = [];
    for (let i = 0; i < ORDERS; i += 1) {
      const price = String(LOWEST + 20 * i);
      const order = await stage.desk.place(account, {
        side: 'buy',
        type: 'limit',
        symbol: BTC,
        price,
        amount: '0.001',
      });
      ids.push(order.order_id);
    }
    return ids;
  }

  /** No more of them; resolves once all is answered. Rejects with what the desk refused. */
  async stop(): Promise<void> {
    this.running = false;
    this.settle();
    await this.finished();
  }

  async finished(): Promise<void> {
    await this.idle;
    if (this.fault !== null) throw this.fault;
  }

  private pace(): void {
    const nowMs = performance.now();
    this.owed = Math.min(this.owed + ((nowMs - this.sinceMs) * this.perSecond) / 1000, AT_ONCE);
    this.sinceMs = nowMs;
    while (this.running && this.owed >= 1 && this.under < AT_ONCE && this.turn < this.most) {
      this.owed -= 1;
      void this.amend();
    }
  }

  private async amend(): Promise<void> {
    const turn = this.turn++;
    const which = turn % this.ids.length;
    const price = LOWEST + 20 * which + (Math.floor(turn / this.ids.length) % 2 === 0 ? 5 : 10);
    this.under += 1;
    try {
      await this.stage.desk.ask('PATCH', `/api/orders/${this.ids[which]}`, { price: String(price) });
      this.done += 1;
    } catch (fault) {
      this.fault ??= fault;
    }
    this.under -= 1;
    if (this.done >= this.most || this.fault !== null) this.running = false;
    this.settle();
  }

  private settle(): void {
    if (this.running || this.under > 0) return;
    clearInterval(this.timer);
    this.setIdle();
  }
}
