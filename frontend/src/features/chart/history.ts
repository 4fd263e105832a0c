/** The candles under the chart: the newest page at first, live ones taken in, older pages as they are scrolled to. */

import { leavesGap, merged, PAGE, take, type Interval } from '../../core/candles';
import type { Answer } from '../../core/problem';
import type { Candle, CandlesView } from '../../core/wire';

export interface CandleQuery {
  readonly account: string;
  readonly symbol: string;
  readonly interval: Interval;
  /** Only candles that start before this time. */
  readonly until?: number;
  readonly limit: number;
}

export interface HistoryKey {
  readonly account: string;
  readonly symbol: string;
  readonly interval: Interval;
}

export type HistoryPhase = 'loading' | 'ready' | 'failed';
/** What to draw anew: the newest candle, or all of them. */
export type Change = 'last' | 'whole';

export interface Boundary {
  ask(query: CandleQuery): Promise<Answer<CandlesView>>;
  /** Runs once, after so many ms, unless what it returns is called before. */
  later(ms: number, run: () => void): () => void;
}

/** After a candle closes its last state is asked for: of two updates in one moment only the newer candle's comes. */
const SETTLE_MS = 3_000;
const SETTLED = 5;
const RETRY_MS = [1_000, 2_000, 5_000, 10_000, 30_000];

export class CandleHistory {
  /** Oldest first; changed in place. */
  series: Candle[] = [];
  phase: HistoryPhase = 'loading';
  /** The exchange has none that are older. */
  exhausted = false;

  private key: HistoryKey | null = null;
  private opening = 0;
  private loadingOlder = false;
  private failures = 0;
  private timers = new Map<'retry' | 'settle', () => void>();

  constructor(
    private readonly boundary: Boundary,
    private readonly changed: (change: Change) => void,
  ) {}

  open(key: HistoryKey): void {
    this.close();
    this.key = key;
    this.series = [];
    this.phase = 'loading';
    this.exhausted = false;
    this.failures = 0;
    this.changed('whole');
    void this.newest(PAGE);
  }

  close(): void {
    this.opening += 1; // answers to what was asked before come to nothing
    this.loadingOlder = false;
    for (const cancel of this.timers.values()) cancel();
    this.timers.clear();
  }

  live(candle: Candle): void {
    if (candle.symbol !== this.key?.symbol || candle.interval !== this.key.interval) return;
    const gap = leavesGap(this.series, candle, this.key.interval);
    const begins = candle.start_ms > (this.series.at(-1)?.start_ms ?? Infinity);
    const { kind } = take(this.series, candle);
    if (kind !== 'none') this.changed(kind);
    if (gap) void this.newest(PAGE);
    else if (begins) this.after('settle', SETTLE_MS, () => void this.newest(SETTLED));
  }

  /** Asks for the page before the oldest known, once at a time. */
  async older(): Promise<void> {
    const first = this.series[0];
    if (this.key === null || first === undefined || this.exhausted || this.loadingOlder) return;
    const opening = this.opening;
    this.loadingOlder = true;
    const answer = await this.boundary.ask({ ...this.key, until: first.start_ms, limit: PAGE });
    if (opening !== this.opening) return;
    this.loadingOlder = false;
    if (!answer.ok) return; // the next scroll asks again
    const before = answer.body.candles.filter((candle) => candle.start_ms < first.start_ms);
    if (before.length === 0) this.exhausted = true;
    else this.add(before);
  }

  private async newest(limit: number): Promise<void> {
    if (this.key === null) return;
    const opening = this.opening;
    const answer = await this.boundary.ask({ ...this.key, limit });
    if (opening !== this.opening) return;
    if (answer.ok) {
      this.failures = 0;
      this.phase = 'ready';
      this.add(answer.body.candles);
    } else {
      if (this.phase === 'loading') this.phase = 'failed';
      this.changed('last');
      const wait = RETRY_MS[Math.min(this.failures, RETRY_MS.length - 1)] as number;
      this.failures += 1;
      this.after('retry', wait, () => void this.newest(limit));
    }
  }

  private add(candles: readonly Candle[]): void {
    this.series = merged(this.series, candles);
    this.changed('whole');
  }

  private after(what: 'retry' | 'settle', ms: number, run: () => void): void {
    this.timers.get(what)?.();
    this.timers.set(what, this.boundary.later(ms, run));
  }
}
