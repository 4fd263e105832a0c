/** `/ws/market`: what is watched, by how many, and the latest of it once a frame. */
import { CLOSED, Line, type LinePhase, type OpenWire } from './socket';
import type { NextFrame, Timing } from './timing';
import type { Candle, MarketFrame, OrderBook, PublicTrade, Ticker, Topic } from './wire';

export type MarketItem = Ticker | OrderBook | Candle | PublicTrade;

/** `items`: the newest alone; of trades all that came, the oldest first. */
export type Watcher = (items: readonly MarketItem[], receivedMs: number) => void;

const HIDDEN_MS = 10_000;
const TRADES_KEPT = 200;

interface Watch {
  topic: Topic;
  watchers: Set<Watcher>;
  last: readonly MarketItem[];
  lastMs: number;
  fresh: MarketItem[];
}

export interface MarketEnds {
  phase(phase: LinePhase): void;
  signedOut(): void;
}

export class MarketFeed {
  readonly line: Line;
  private readonly watches = new Map<string, Watch>();
  private readonly dirty = new Set<Watch>();
  private awaited = false;
  private resting = false;
  private callOff: () => void = () => undefined;

  constructor(
    path: string,
    ends: MarketEnds,
    open: OpenWire,
    private readonly timing: Timing,
    private readonly nextFrame: NextFrame,
  ) {
    this.line = new Line(open, timing, {
      address: () => path,
      opened: () => this.subscribeAll(),
      heard: (message) => this.heard(message),
      broke: (code) => {
        if (code !== CLOSED.notSignedIn) return;
        this.line.stop();
        ends.signedOut();
      },
      answered: () => undefined,
      phase: (phase) => ends.phase(phase),
    });
  }

  /** Until the returned function is called. What is known already comes at once. */
  watch(topic: Topic, watcher: Watcher): () => void {
    const key = keyOf(topic);
    let watch = this.watches.get(key);
    if (watch === undefined) {
      watch = { topic, watchers: new Set(), last: [], lastMs: 0, fresh: [] };
      this.watches.set(key, watch);
      if (this.isWanted(watch)) this.line.send({ subscribe: topic });
    }
    watch.watchers.add(watcher);
    if (watch.last.length > 0) watcher(watch.last, watch.lastMs);
    return () => this.leave(key, watcher);
  }

  /** Nobody looks: after a while only tickers go on, they are the desk's own marks. */
  hide(): void {
    this.callOff();
    this.callOff = this.timing.after(HIDDEN_MS, () => {
      this.resting = true;
      for (const watch of this.watches.values())
        if (!this.isWanted(watch)) this.line.send({ unsubscribe: watch.topic });
    });
  }

  show(): void {
    this.callOff();
    if (!this.resting) return;
    const back = [...this.watches.values()].filter((watch) => !this.isWanted(watch));
    this.resting = false;
    for (const watch of back) this.line.send({ subscribe: watch.topic });
  }

  private leave(key: string, watcher: Watcher): void {
    const watch = this.watches.get(key);
    if (watch === undefined || !watch.watchers.delete(watcher) || watch.watchers.size > 0) return;
    this.watches.delete(key);
    this.dirty.delete(watch);
    if (this.isWanted(watch)) this.line.send({ unsubscribe: watch.topic });
  }

  private isWanted({ topic }: Watch): boolean {
    return !this.resting || topic.channel === 'ticker';
  }

  private subscribeAll(): void {
    for (const watch of this.watches.values()) if (this.isWanted(watch)) this.line.send({ subscribe: watch.topic });
  }

  private heard(message: unknown): void {
    if (typeof message !== 'object' || message === null || !('items' in message)) return; // a topic that is not to be had
    const receivedMs = this.timing.nowMs();
    for (const frame of message.items as MarketFrame[]) this.take(frame, receivedMs);
    if (this.awaited || this.dirty.size === 0) return;
    this.awaited = true;
    this.nextFrame(() => this.flush());
  }

  private take(frame: MarketFrame, receivedMs: number): void {
    const watch = this.watches.get(keyOf(frame));
    if (watch === undefined) return; // left meanwhile
    watch.lastMs = receivedMs;
    if (frame.item.kind !== 'trade') watch.fresh = [frame.item];
    else if (isKnown(watch, frame.item)) return;
    else watch.fresh = [...watch.fresh, frame.item].slice(-TRADES_KEPT);
    this.dirty.add(watch);
  }

  private flush(): void {
    this.awaited = false;
    const dirty = [...this.dirty];
    this.dirty.clear();
    for (const watch of dirty) {
      const fresh = watch.fresh;
      watch.fresh = [];
      watch.last = watch.topic.channel === 'trades' ? [...watch.last, ...fresh].slice(-TRADES_KEPT) : fresh;
      for (const watcher of watch.watchers) watcher(fresh, watch.lastMs);
    }
  }
}

/** Whoever subscribes again is told the last trades again. */
function isKnown({ last, fresh }: Watch, trade: PublicTrade): boolean {
  const same = (item: MarketItem): boolean => item.kind === 'trade' && item.trade_id === trade.trade_id;
  return fresh.some(same) || last.some(same);
}

function keyOf({ account, channel, symbol, interval }: Topic | MarketFrame): string {
  return [account, channel, symbol, interval ?? ''].join('|');
}
