import fc from 'fast-check';
import { expect, it } from 'vitest';
import { inCoinOf } from '../../../src/features/market/amounts';
import { visibleRows } from '../../../src/features/market/window_rows';
import { countdown, percent } from '../../../src/features/market/words';
import { INSTRUMENT } from '../chart/fixtures';

it('tells a fraction in percent, signed', () => {
  expect(percent('0.0124', 2)).toBe('+1.24%');
  expect(percent('-0.000041', 4)).toBe('−0.0041%');
  expect(percent('0', 2)).toBe('0.00%');
});

it('counts down to the second, and not below zero', () => {
  expect(countdown(11_525_999, 0)).toBe('03:12:05');
  expect(countdown(5, 10)).toBe('00:00:00');
});

it('tells contracts in the coin, with the places of the step', () => {
  expect(inCoinOf(INSTRUMENT)('5')).toBe('0.5000');
  expect(inCoinOf(undefined)('5')).toBe('5');
});

it('keeps every row that can be seen, and a bounded number', () => {
  fc.assert(
    fc.property(fc.nat(2_000), fc.nat(100_000), fc.integer({ min: 100, max: 900 }), (count, scrollTop, height) => {
      const { from, to } = visibleRows(count, 44, scrollTop, height);
      const lastTop = Math.max(0, count * 44 - height);
      const top = Math.min(scrollTop, lastTop);
      expect(from).toBeLessThanOrEqual(Math.floor(top / 44));
      expect(to).toBeGreaterThanOrEqual(Math.min(count, Math.ceil((top + height) / 44)));
      expect(to - from).toBeLessThanOrEqual(Math.ceil(height / 44) + 9);
    }),
  );
});
