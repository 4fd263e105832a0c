import fc from 'fast-check';
import { expect, test } from 'vitest';
import { delayMs } from '../../../src/core/backoff';

test('at once, then a quarter of a second, doubling to fifteen seconds', () => {
  const full = [0, 1, 2, 3, 4, 5, 6, 7, 8, 40].map((failures) => delayMs(failures, 1));
  expect(full).toEqual([0, 250, 500, 1000, 2000, 4000, 8000, 15000, 15000, 15000]);
});

test('chance spreads it over the upper half', () => {
  fc.assert(
    fc.property(fc.nat(1000), fc.double({ min: 0, max: 1, noNaN: true, maxExcluded: true }), (failures, chance) => {
      const whole = delayMs(failures, 1);
      const spread = delayMs(failures, chance);
      return spread >= whole / 2 && spread <= whole;
    }),
  );
});
