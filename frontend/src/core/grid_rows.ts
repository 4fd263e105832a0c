/**
 * What a grid shows, in which order, and which part of it is on the screen.
 *
 * Money is compared as decimals, ties keep the order they came in, and a held grid moves no row.
 */

import { compare } from './money';

/** How a column is compared: `decimal` as money, `count` as a number (times, versions), `text` as words. */
export type Kind = 'text' | 'decimal' | 'count';

export interface SortableColumn<T> {
  readonly key: string;
  readonly kind: Kind;
  /** What is compared; `null` goes last, whichever way it is sorted. */
  readonly value: (row: T) => string | number | null;
}

export interface SortBy {
  readonly column: string;
  readonly descending: boolean;
}

/** The rows by one column; a copy. Rows that are equal there keep their order, descending as well. */
export function sorted<T>(rows: readonly T[], columns: readonly SortableColumn<T>[], by: SortBy | null): T[] {
  const column = columns.find(({ key }) => key === by?.column);
  if (!by || !column) return [...rows];
  const keyed = rows.map((row) => ({ row, value: column.value(row) }));
  const order = COMPARE[column.kind];
  keyed.sort((a, b) => {
    if (a.value === null || b.value === null) return Number(a.value === null) - Number(b.value === null);
    return by.descending ? order(b.value, a.value) : order(a.value, b.value);
  });
  return keyed.map(({ row }) => row);
}

const words = new Intl.Collator('en', { numeric: true, sensitivity: 'base' });

const COMPARE: Record<Kind, (a: string | number, b: string | number) => number> = {
  text: (a, b) => words.compare(String(a), String(b)),
  decimal: (a, b) => compare(String(a), String(b)),
  count: (a, b) => Number(a) - Number(b),
};

/** What a press on a column's head makes of the sorting: ascending, descending, then none. */
export function pressed(by: SortBy | null, column: string): SortBy | null {
  if (by?.column !== column) return { column, descending: false };
  return by.descending ? null : { column, descending: true };
}

/** Rows in which every word of `text` occurs in one of the texts; an empty `text` keeps all. */
export function matching<T>(rows: readonly T[], text: string, texts: (row: T) => readonly (string | null)[]): T[] {
  const wanted = text.trim().toLowerCase().split(/\s+/).filter(Boolean);
  if (wanted.length === 0) return [...rows];
  return rows.filter((row) => {
    const hay = texts(row).join('\n').toLowerCase();
    return wanted.every((word) => hay.includes(word));
  });
}

/**
 * The rows while a finger or an edit holds the grid: each stays in the place it had, also one that is gone by now;
 * new ones are added below.
 */
export function held<T>(before: readonly T[], now: readonly T[], id: (row: T) => string): T[] {
  const current = new Map(now.map((row) => [id(row), row]));
  const kept = before.map((row) => current.get(id(row)) ?? row);
  for (const row of before) current.delete(id(row));
  return [...kept, ...current.values()];
}

/** Rows from `first` to `end` (without it) are on the screen; `topPx` of content is above them. */
export interface Pane {
  readonly first: number;
  readonly end: number;
  readonly topPx: number;
}

/** Where each row begins, and, last, where the content ends; in pixels. */
export function offsets(heightsPx: readonly number[]): number[] {
  const starts = [0];
  let at = 0;
  for (const height of heightsPx) starts.push((at += height));
  return starts;
}

/** The rows that a viewport shows, and `spare` more on either side. */
export function pane(starts: readonly number[], scrollPx: number, viewportPx: number, spare: number): Pane {
  const count = starts.length - 1;
  const first = Math.max(Math.min(rowAt(starts, scrollPx), count - 1) - spare, 0);
  const end = Math.min(rowAt(starts, scrollPx + viewportPx) + 1 + spare, count);
  return { first, end: Math.max(end, first), topPx: starts[first] ?? 0 };
}

/** The row that covers a pixel of the content: the last one that begins at or before it. */
export function rowAt(starts: readonly number[], px: number): number {
  let low = 0;
  let high = starts.length - 1;
  while (low < high) {
    const middle = (low + high + 1) >> 1;
    if ((starts[middle] ?? 0) <= px) low = middle;
    else high = middle - 1;
  }
  return low;
}

/** The scroll position that brings a row wholly into view with the least movement. */
export function revealing(starts: readonly number[], row: number, scrollPx: number, viewportPx: number): number {
  const top = starts[row] ?? 0;
  const bottom = starts[row + 1] ?? top;
  if (top < scrollPx) return top;
  return bottom > scrollPx + viewportPx ? bottom - viewportPx : scrollPx;
}
