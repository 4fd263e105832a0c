/**
 * Equity and realised PnL by day: the accounts' days as one series, and its shape as a drawing.
 *
 * Days are UTC, `2026-11-23`. Money is text up to the drawing's edge, where it becomes coordinates.
 */

import { add, sum } from './money';
import type { EquityDay } from './schema';

export type { EquityDay };

/** One day of the series; `equity` is `null` where no account's is known yet. */
export interface DayPoint {
  readonly day: string;
  readonly equity: string | null;
  readonly net: string;
  readonly gross: string;
  readonly fees: string;
}

const DAY_MS = 86_400_000;

/** The UTC day of a moment. */
export function dayOf(ms: number): string {
  return new Date(ms).toISOString().slice(0, 10);
}

/** The last `count` days up to the day of `nowMs`, oldest first. */
export function lastDays(nowMs: number, count: number): string[] {
  return Array.from({ length: count }, (_, back) => dayOf(nowMs - (count - 1 - back) * DAY_MS));
}

/** The currencies that occur, each once. */
export function currenciesOf(known: readonly EquityDay[]): string[] {
  return [...new Set(known.map(({ currency }) => currency))].sort();
}

/** These days, summed over the accounts, in one currency. */
export function series(known: readonly EquityDay[], currency: string, days: readonly string[]): DayPoint[] {
  const byDay = new Map<string, EquityDay[]>(days.map((day) => [day, []]));
  for (const each of known) if (each.currency === currency) byDay.get(each.day)?.push(each);
  return [...byDay].map(([day, same]) => {
    const equities = same.flatMap(({ equity }) => equity ?? []);
    return {
      day,
      equity: equities.length > 0 ? sum(equities) : null,
      net: sum(same.map((each) => each.realised_net)),
      gross: sum(same.map((each) => each.realised_gross)),
      fees: sum(same.map((each) => each.fees)),
    };
  });
}

/** What came of the whole range. */
export function totalOf(points: readonly DayPoint[]): Omit<DayPoint, 'day' | 'equity'> {
  return points.reduce(
    (total, { net, gross, fees }) => ({
      net: add(total.net, net),
      gross: add(total.gross, gross),
      fees: add(total.fees, fees),
    }),
    { net: '0', gross: '0', fees: '0' },
  );
}

/** A drawing, in units of its box: the equity as points of a line above, the PnL as bars below, one a day. */
export interface Drawing {
  /** Of days whose equity is known; `x` is the middle of the day. */
  readonly line: readonly { readonly x: number; readonly y: number }[];
  readonly bars: readonly Bar[];
  /** Where PnL is zero. */
  readonly zeroY: number;
  readonly dayWidth: number;
  readonly low: number;
  readonly high: number;
}

export interface Bar {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
  readonly gain: boolean;
}

const LINE_SHARE = 0.62; // of the height; the bars have what is left below a gap
const GAP_SHARE = 0.08;
const MARGIN = 0.08; // of the line's span, above and below it

export function draw(points: readonly DayPoint[], width: number, height: number): Drawing {
  const dayWidth = width / Math.max(points.length, 1);
  const middle = (at: number): number => (at + 0.5) * dayWidth;
  const equities = points.flatMap(({ equity }, at) => (equity === null ? [] : [{ at, value: Number(equity) }]));
  const values = equities.map(({ value }) => value);
  const [low, high] = span(values);
  const lineHeight = height * LINE_SHARE;
  const line = equities.map(({ at, value }) => ({
    x: middle(at),
    y: lineHeight - ((value - low) / (high - low)) * lineHeight,
  }));
  const top = height * (LINE_SHARE + GAP_SHARE);
  const nets = points.map(({ net }) => Number(net));
  const most = Math.max(0, ...nets);
  const least = Math.min(0, ...nets);
  const perUnit = (height - top) / (most - least || 1);
  const zeroY = top + (most === 0 && least === 0 ? (height - top) / 2 : most * perUnit);
  const bars = nets.flatMap((net, at) => (net === 0 ? [] : [bar(net, middle(at), zeroY, perUnit, dayWidth)]));
  return { line, bars, zeroY, dayWidth, low, high };
}

function bar(net: number, x: number, zeroY: number, perUnit: number, dayWidth: number): Bar {
  const height = Math.max(Math.abs(net) * perUnit, 1);
  const width = Math.max(dayWidth * 0.6, 1);
  return { x: x - width / 2, y: net > 0 ? zeroY - height : zeroY, width, height, gain: net > 0 };
}

/** Lowest and highest with a margin; a flat line gets a span of its own. */
function span(values: readonly number[]): [number, number] {
  if (values.length === 0) return [0, 1];
  const [low, high] = [Math.min(...values), Math.max(...values)];
  const margin = (high - low) * MARGIN || Math.abs(high) * 0.01 || 1;
  return [low - margin, high + margin];
}
