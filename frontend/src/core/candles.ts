/** Candles of one symbol and interval: history and the live ones merged, gaps found, pages of older ones asked for. */

import Big from 'big.js';
import type { Candle } from './wire';

export const INTERVALS = ['1m', '5m', '15m', '1h', '4h', '1d'] as const;
export type Interval = (typeof INTERVALS)[number];

const MINUTE_MS = 60_000;
const SPAN_MS: Record<Interval, number> = {
  '1m': MINUTE_MS,
  '5m': 5 * MINUTE_MS,
  '15m': 15 * MINUTE_MS,
  '1h': 60 * MINUTE_MS,
  '4h': 240 * MINUTE_MS,
  '1d': 1_440 * MINUTE_MS,
};

/** How long a candle lasts, in ms. */
export function spanOf(interval: Interval): number {
  return SPAN_MS[interval];
}

export function isInterval(text: unknown): text is Interval {
  return INTERVALS.some((interval) => interval === text);
}

/** How many candles are kept; the oldest beyond them are dropped as new ones come. */
export const KEPT = 20_000;
export const PAGE = 500; // as much as the server gives at once

/**
 * The later of two states of the same candle: its volume only grows while it runs. With equal volumes the second.
 */
function later(first: Candle, second: Candle): Candle {
  return new Big(second.volume).gte(first.volume) ? second : first;
}

/** Two lists, each oldest first without repeats, as one. Repeats are harmless; of two states of a candle the later stays. */
export function merged(first: readonly Candle[], second: readonly Candle[]): Candle[] {
  const all: Candle[] = [];
  let i = 0;
  let j = 0;
  for (;;) {
    const a = first[i];
    const b = second[j];
    if (a === undefined && b === undefined) return all;
    if (b === undefined || (a !== undefined && a.start_ms < b.start_ms)) {
      all.push(a as Candle);
      i += 1;
    } else if (a === undefined || b.start_ms < a.start_ms) {
      all.push(b);
      j += 1;
    } else {
      all.push(later(a, b));
      i += 1;
      j += 1;
    }
  }
}

/** What a live candle does to a series. */
export type Step =
  | { readonly kind: 'none' }
  | { readonly kind: 'last' } // it is the newest now, or the newest changed
  | { readonly kind: 'whole' }; // one further back changed

/** Takes one live candle in, in place. */
export function take(series: Candle[], live: Candle): Step {
  const last = series.at(-1);
  if (last === undefined || live.start_ms > last.start_ms) {
    series.push(live);
    if (series.length > KEPT) series.splice(0, series.length - KEPT);
    return { kind: 'last' };
  }
  const place = placeOf(series, live.start_ms);
  const known = series[place];
  if (known === undefined || known.start_ms !== live.start_ms) {
    series.splice(place, 0, live);
    return { kind: 'whole' };
  }
  const kept = later(known, live);
  if (kept === known || same(kept, known)) return { kind: 'none' };
  series[place] = kept;
  return { kind: place === series.length - 1 ? 'last' : 'whole' };
}

function same(a: Candle, b: Candle): boolean {
  return a.close === b.close && a.high === b.high && a.low === b.low && a.open === b.open && a.volume === b.volume;
}

/** The first place whose candle starts at or after a time. */
function placeOf(series: readonly Candle[], startMs: number): number {
  let low = 0;
  let high = series.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((series[middle] as Candle).start_ms < startMs) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** Whether candles are missing between the newest known and a live one: then the newest page is asked for again. */
export function leavesGap(series: readonly Candle[], live: Candle, interval: Interval): boolean {
  const last = series.at(-1);
  return last !== undefined && live.start_ms > last.start_ms + spanOf(interval);
}

/** The times between candles where the exchange has none, oldest first; of one gap at most `most`, so that a long silence stays short. */
export function gaps(series: readonly Candle[], interval: Interval, most: number): number[] {
  const span = spanOf(interval);
  const missing: number[] = [];
  for (let i = 1; i < series.length; i += 1) {
    const from = (series[i - 1] as Candle).start_ms + span;
    const to = Math.min((series[i] as Candle).start_ms, from + most * span);
    for (let at = from; at < to; at += span) missing.push(at);
  }
  return missing;
}

/** The candle that starts at a time; undefined where the exchange has none. */
export function candleAt(series: readonly Candle[], startMs: number): Candle | undefined {
  const found = series[placeOf(series, startMs)];
  return found?.start_ms === startMs ? found : undefined;
}
