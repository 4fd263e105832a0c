import fc from 'fast-check';
import { expect, it } from 'vitest';
import { asDeskName, isDeskName } from '../../../src/core/desk_names';

it('makes a name of whatever is typed, or nothing', () => {
  fc.assert(
    fc.property(fc.string(), (typed) => {
      const name = asDeskName(typed);
      expect(name === '' || isDeskName(name)).toBe(true);
      expect(asDeskName(name)).toBe(name);
    }),
  );
});

it('leaves a name as it is', () => {
  expect(asDeskName('My Phone')).toBe('my-phone');
  expect(asDeskName('bybit_main-2')).toBe('bybit_main-2');
  expect(isDeskName('_x')).toBe(false);
});
