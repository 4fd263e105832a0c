import fc from 'fast-check';
import { expect, it } from 'vitest';
import { isMet, median, quantile, table } from '../../../bench/figures';

it('a quantile is one of the values, and so large a share of them does not exceed it', () => {
  const some = fc.array(fc.integer(), { minLength: 1, maxLength: 50 });
  fc.assert(
    fc.property(some, fc.double({ min: 0.01, max: 1, noNaN: true }), (values, share) => {
      const found = quantile(values, share);
      expect(values).toContain(found);
      expect(values.filter((value) => value <= found).length / values.length).toBeGreaterThanOrEqual(share - 1e-9);
    }),
  );
  expect([median([3, 1, 2]), quantile([1, 2, 3, 4], 0.95), median([])]).toEqual([2, 4, NaN]);
});

it('says what was aimed at, what was reached and how far the rounds lie apart', () => {
  const slow = { name: 'INP', unit: 'ms' as const, values: [210, 190, 250], limit: 200 };
  const marks = { name: 'mark', unit: '' as const, values: [96], limit: 95, atLeast: true };
  expect([isMet(slow), isMet(marks), isMet({ ...slow, limit: null })]).toEqual([false, true, null]);
  expect(table([slow, marks]).split('\n').slice(2)).toEqual([
    '| INP | ≤ 200 ms | 210 ms | 190 – 250 ms | not met |',
    '| mark | ≥ 95 | 96 |  | met |',
  ]);
});
