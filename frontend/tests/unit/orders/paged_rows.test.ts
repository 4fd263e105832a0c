import fc from 'fast-check';
import { expect, test } from 'vitest';
import { appended, refreshed } from '../../../src/core/paged_rows';

const id = (row: number): string => String(row);
/** Newest first: what a server with these rows answers. */
const server = (newest: number): number[] => Array.from({ length: newest }, (_, at) => newest - at);

test('a row that slid onto the later page is there once', () => {
  expect(appended([5, 4, 3], [3, 2, 1], id)).toEqual([5, 4, 3, 2, 1]);
});

test('the first page read anew never leaves a gap and never shows a row twice', () => {
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 60 }), fc.nat(40), fc.integer({ min: 1, max: 20 }), (had, more, size) => {
      const before = server(had);
      const known = before.slice(0, size * 2);
      const now = server(had + more);
      const first = now.slice(0, size);
      const page = { rows: first, next: now.length > size ? 'next' : null };
      const { rows, next } = refreshed({ rows: known, next: known.length < had ? 'old' : null }, page, id);
      expect(rows).toEqual(now.slice(0, rows.length));
      expect(rows.length).toBeGreaterThanOrEqual(first.length);
      if (next === null) expect(rows).toEqual(now);
    }),
  );
});

test('rows that are gone from the first page are gone', () => {
  expect(refreshed({ rows: [5, 4, 3, 2, 1], next: null }, { rows: [5, 3], next: 'n' }, id)).toEqual({
    rows: [5, 3, 2, 1],
    next: null,
  });
});
