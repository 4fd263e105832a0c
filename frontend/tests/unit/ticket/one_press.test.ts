import { expect, it } from 'vitest';
import { OnePress } from '../../../src/core/one_press';

const at = (timeStamp: number): { timeStamp: number } => ({ timeStamp });

it('a double tap is one press, and so is a key held down', () => {
  const press = new OnePress();
  const times = [0, 150, 180, 600, 1_200, 1_890];
  expect(times.map((ms) => press.admits(at(ms)))).toEqual([true, false, false, false, false, false]);
  expect(press.admits(at(2_700))).toBe(true);
});

it('a key that repeats slowly is still held down, and the second click of a double click is never another one', () => {
  const press = new OnePress();
  expect(press.admits({ timeStamp: 0, detail: 1 })).toBe(true);
  expect(press.admits({ timeStamp: 1_000, repeat: true })).toBe(false);
  expect(press.admits({ timeStamp: 2_000, detail: 2 })).toBe(false);
  expect(press.admits({ timeStamp: 3_000, detail: 1 })).toBe(true);
});

it('what was pressed before there was anything to press is not counted', () => {
  const press = new OnePress(500);
  expect(press.admits(at(499))).toBe(false);
  expect(press.admits(at(1_300))).toBe(true);
});
