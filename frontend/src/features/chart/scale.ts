/** Pixels and prices of the chart. Numbers here place things on the screen; none of them is ever sent. */

import Big from 'big.js';
import { placesOf } from '../../core/money';

export interface Range {
  readonly low: number;
  readonly high: number;
}

/** How much wider than the candles the scale may grow for lines beside them. */
const WIDEST = 1.5;

/** The range of the candles, widened to the lines nearby, the nearest first; lines further off stay outside. */
export function widened(candles: Range, prices: readonly number[]): Range {
  const most = (candles.high - candles.low) * WIDEST;
  const outside = ({ low, high }: Range, price: number): number => Math.max(low - price, price - high, 0);
  let range = candles;
  for (const price of [...prices].sort((a, b) => outside(candles, a) - outside(candles, b))) {
    const wider = { low: Math.min(range.low, price), high: Math.max(range.high, price) };
    if (wider.high - wider.low <= most) range = wider;
  }
  return range;
}

/** A price under the pointer, on the tick, as text; never below one tick. */
export function priceAt(value: number, tick: string): string {
  const ticks = new Big(value).div(tick).round(0, Big.roundHalfUp);
  return (ticks.lt(1) ? new Big(tick) : ticks.times(tick)).toFixed(placesOf(tick));
}

/** So many ticks further, never below one tick. */
export function stepped(price: string, ticks: number, tick: string): string {
  const moved = new Big(price).plus(new Big(tick).times(ticks));
  return (moved.lt(tick) ? new Big(tick) : moved).toFixed(placesOf(tick));
}

/** A label on the chart: where its line is, and how wide it is. */
export interface Label {
  readonly y: number;
  readonly width: number;
}

/** Where a label goes: so far to the left of the axis, at that height. */
export interface Place {
  readonly shift: number;
  readonly y: number;
}

const LABEL_HEIGHT = 30;
const GAP = 4;
const ROWS_TRIED = 4;

/**
 * Places labels so that none covers another; those given first choose first. A label goes beside the others at its line;
 * where there is no room left there, above or below them; where there is none at all, it has no place.
 */
export function beside(
  labels: readonly Label[],
  room: { readonly width: number; readonly height: number },
): (Place | null)[] {
  const taken: (Place & { readonly width: number })[] = [];
  return labels.map((label) => {
    const place = heightsFrom(label.y, room.height)
      .map((y) => ({ y, shift: shiftAt(y, label.width, taken) }))
      .find(({ shift }) => shift + label.width <= room.width);
    if (place === undefined) return null;
    taken.push({ ...place, width: label.width });
    return place;
  });
}

/** The heights to try, the nearest first: the line's own, then rows below and above it that stay in the pane. */
function heightsFrom(y: number, height: number): number[] {
  const steps = Array.from({ length: ROWS_TRIED }, (_, i) => [(i + 1) * LABEL_HEIGHT, -(i + 1) * LABEL_HEIGHT]).flat();
  const inside = steps
    .map((step) => y + step)
    .filter((at) => at >= LABEL_HEIGHT / 2 && at <= height - LABEL_HEIGHT / 2);
  return [y, ...inside];
}

/** The least shift at which a label covers none of those at about that height. */
function shiftAt(y: number, width: number, taken: readonly (Place & { readonly width: number })[]): number {
  const near = taken.filter((other) => Math.abs(other.y - y) < LABEL_HEIGHT).sort((a, b) => a.shift - b.shift);
  let shift = 0;
  for (const other of near) {
    if (other.shift < shift + width + GAP && shift < other.shift + other.width + GAP)
      shift = other.shift + other.width + GAP;
  }
  return shift;
}

/**
 * Where tags of that height stand on the axis so that none covers another: at their places, or pushed down beside them.
 * Null for one that would come further than `most` from its place: there it would name another's price.
 */
export function stacked(ys: readonly number[], height: number, most: number): (number | null)[] {
  const order = ys.map((y, i) => ({ y, i })).sort((a, b) => a.y - b.y);
  const places: (number | null)[] = ys.map(() => null);
  let free = -Infinity;
  for (const { y, i } of order) {
    const at = Math.max(y, free);
    if (at - y > most) continue;
    places[i] = at;
    free = at + height;
  }
  return places;
}
