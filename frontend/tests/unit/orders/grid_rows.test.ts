import fc from 'fast-check';
import { expect, test } from 'vitest';
import { held, matching, offsets, pane, pressed, revealing, rowAt, sorted } from '../../../src/core/grid_rows';
import { compare } from '../../../src/core/money';

interface Row {
  id: string;
  price: string | null;
  age: number;
}

const id = (row: Row): string => row.id;
const COLUMNS = [
  { key: 'price', kind: 'decimal', value: (row: Row) => row.price },
  { key: 'id', kind: 'text', value: (row: Row) => row.id },
  { key: 'age', kind: 'count', value: (row: Row) => row.age },
] as const;

const decimal = fc
  .tuple(fc.integer({ min: -99_999, max: 99_999 }), fc.integer({ min: 0, max: 6 }))
  .map(([digits, places]) => (digits / 10 ** places).toFixed(places));
const aRow = fc.record({ id: fc.uuid(), price: fc.option(decimal), age: fc.integer({ min: 0, max: 5 }) });
const someRows = fc.uniqueArray(aRow, { selector: id, maxLength: 60 });

test('decimals are compared as decimals, and what has none goes last either way', () => {
  const rows = ['10', '9.5', null, '-1', '100.25', '9.50'].map((price, at) => ({ id: String(at), price, age: at }));
  const up = sorted(rows, COLUMNS, { column: 'price', descending: false }).map((row) => row.price);
  const down = sorted(rows, COLUMNS, { column: 'price', descending: true }).map((row) => row.price);
  expect(up).toEqual(['-1', '9.5', '9.50', '10', '100.25', null]);
  expect(down).toEqual(['100.25', '10', '9.5', '9.50', '-1', null]);
});

test('sorting keeps every row, puts neighbours in order and ties in the order they came', () => {
  fc.assert(
    fc.property(someRows, fc.boolean(), (rows, descending) => {
      const result = sorted(rows, COLUMNS, { column: 'price', descending });
      expect(result.map(id).sort()).toEqual(rows.map(id).sort());
      for (const [at, row] of result.entries()) {
        const next = result[at + 1];
        if (!next || row.price === null) continue;
        if (next.price === null) continue;
        const order = compare(row.price, next.price);
        expect(descending ? order >= 0 : order <= 0).toBe(true);
        if (order === 0) expect(rows.indexOf(row)).toBeLessThan(rows.indexOf(next));
      }
    }),
  );
});

test('an unknown column, or none, leaves the order as it is', () => {
  const rows = [
    { id: 'b', price: '2', age: 1 },
    { id: 'a', price: '1', age: 2 },
  ];
  expect(sorted(rows, COLUMNS, null)).toEqual(rows);
  expect(sorted(rows, COLUMNS, { column: 'gone', descending: true })).toEqual(rows);
});

test('a column is pressed ascending, descending, then not at all', () => {
  const first = pressed(null, 'price');
  const second = pressed(first, 'price');
  expect([first, second, pressed(second, 'price'), pressed(second, 'age')]).toEqual([
    { column: 'price', descending: false },
    { column: 'price', descending: true },
    null,
    { column: 'age', descending: false },
  ]);
});

test('each word of the filter has to be found somewhere, whatever the case', () => {
  const rows = ['BTC sell main', 'ETH buy main', 'BTC buy second'];
  expect(matching(rows, 'btc MAIN', (row) => row.split(' '))).toEqual(['BTC sell main']);
  expect(matching(rows, '  ', (row) => [row])).toEqual(rows);
  expect(matching(rows, 'xrp', (row) => [row, null])).toEqual([]);
});

test('a held grid moves no row, whatever comes and goes', () => {
  fc.assert(
    fc.property(someRows, someRows, (before, coming) => {
      const staying = before.filter((_, at) => at % 2 === 0);
      const now = [...coming.filter((row) => !before.some((own) => own.id === row.id)), ...staying].reverse();
      const result = held(before, now, id);
      expect(result.slice(0, before.length).map(id)).toEqual(before.map(id));
      expect(new Set(result.map(id)).size).toBe(result.length);
      for (const row of now) expect(result).toContain(row);
    }),
  );
});

test('the pane covers the viewport and no more rows than fit, with the spare ones', () => {
  const heights = fc.array(fc.integer({ min: 20, max: 90 }), { maxLength: 200 });
  fc.assert(
    fc.property(heights, fc.nat(20_000), fc.integer({ min: 0, max: 900 }), (each, scrollPx, viewportPx) => {
      const starts = offsets(each);
      const spare = 3;
      const { first, end, topPx } = pane(starts, scrollPx, viewportPx, spare);
      expect(topPx).toBe(starts[first]);
      expect(end - first).toBeLessThanOrEqual(Math.ceil(viewportPx / 20) + 2 + 2 * spare);
      for (const [at, height] of each.entries()) {
        const top = starts[at] ?? 0;
        const seen = top < scrollPx + viewportPx && top + height > scrollPx;
        if (seen) expect(at >= first && at < end).toBe(true);
      }
    }),
  );
});

test('10,000 rows of 28 px: thirty of them are on a screen of 600 px', () => {
  const starts = offsets(Array.from({ length: 10_000 }, () => 28));
  expect(pane(starts, 140_000, 600, 6)).toEqual({ first: 4994, end: 5028, topPx: 4994 * 28 });
  expect(rowAt(starts, 28)).toBe(1);
  expect(pane([0], 0, 600, 6)).toEqual({ first: 0, end: 0, topPx: 0 });
});

test('a row is brought into view with the least scrolling', () => {
  const starts = offsets([30, 30, 30, 30]);
  expect(revealing(starts, 0, 45, 60)).toBe(0);
  expect(revealing(starts, 3, 0, 60)).toBe(60);
  expect(revealing(starts, 1, 20, 60)).toBe(20);
});
