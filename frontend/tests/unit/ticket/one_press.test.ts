import { expect, it } from 'vitest';
import { OnePress } from '../../../src/core/one_press';

it('a double tap is one press, and so is a key held down', () => {
  const press = new OnePress();
  const times = [0, 150, 180, 600, 1_200, 1_890];
  expect(times.map((at) => press.admits(at))).toEqual([true, false, false, false, false, false]);
  expect(press.admits(2_700)).toBe(true);
});
