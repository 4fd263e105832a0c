/** What the chart shows: the chosen interval, and the candles of the chosen market. */
import { isInterval, type Interval } from '../core/candles';
import { api } from '../core/api';
import type { Candle } from '../core/wire';
import { CandleHistory, type Change, type HistoryPhase } from '../features/chart/history';
import { watchCandles, type MarketKey } from './market.svelte';

const KEY = 'hedgerow.chart.interval';

class ChartChoice {
  #interval = $state<Interval>(remembered());

  get interval(): Interval {
    return this.#interval;
  }

  choose(interval: Interval): void {
    this.#interval = interval;
    localStorage.setItem(KEY, interval);
  }
}

/** Remembered in this browser. */
export const chartChoice = new ChartChoice();

export interface Candles {
  readonly phase: HistoryPhase;
  readonly last: Candle | null;
  /** When the last live candle came; 0 before the first. */
  readonly receivedMs: number;
  /** Oldest first; not reactive: `drawn` is told of each change. */
  readonly series: readonly Candle[];
  older(): void;
}

/** The candles of a market, for as long as the component that calls this lives. */
export function candlesOf(market: () => MarketKey | null, drawn: (change: Change) => void): Candles {
  let phase = $state<HistoryPhase>('loading');
  let last = $state.raw<Candle | null>(null);
  const history = new CandleHistory(
    {
      ask: (query) => api.get('/api/candles', { query }),
      later: (ms, run) => {
        const timer = setTimeout(run, ms);
        return () => clearTimeout(timer);
      },
    },
    (change) => {
      phase = history.phase;
      last = history.series.at(-1) ?? null;
      drawn(change);
    },
  );
  const key = $derived.by(() => {
    const chosen = market();
    return chosen === null ? null : { ...chosen, interval: chartChoice.interval };
  });
  const live = watchCandles(() => key);
  $effect(() => {
    if (key !== null) history.open(key);
    return () => history.close();
  });
  $effect(() => {
    if (live.last !== null) history.live(live.last);
  });
  return {
    get phase() {
      return phase;
    },
    get last() {
      return last;
    },
    get receivedMs() {
      return live.receivedMs;
    },
    get series() {
      return history.series;
    },
    older: () => void history.older(),
  };
}

function remembered(): Interval {
  const kept = localStorage.getItem(KEY);
  return isInterval(kept) ? kept : '15m';
}
