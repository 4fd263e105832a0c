import Big from 'big.js';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { stepped, typed } from '../../../src/ui/stepping';

describe('typed', () => {
  it.each([
    ['59 729,5', '59729.5'],
    ['1.2.3', '1.23'],
    ['.5', '.5'],
    ['-3', '3'],
    ['1e5', '15'],
    ['abc', ''],
  ])('reads %s as %s', (text, expected) => {
    expect(typed(text)).toBe(expected);
  });

  it('changes nothing that it has read once', () => {
    fc.assert(fc.property(fc.string(), (text) => typed(typed(text)) === typed(text)));
  });
});

describe('stepped', () => {
  it.each([
    ['59729.0', '0.5', true, '59729.5'],
    ['59729.3', '0.5', true, '59729.5'],
    ['59729.3', '0.5', false, '59729.0'],
    ['', '0.001', true, '0.001'],
    ['5.', '1', true, '6'],
    ['.5', '0.1', false, '0.4'],
    ['0.0', '0.1', false, '0.0'],
  ])('%s by %s up %s is %s', (value, step, up, expected) => {
    expect(stepped(value, step, up)).toBe(expected);
  });

  const step = fc.constantFrom('0.001', '0.05', '0.5', '1', '10', '2.5');
  const value = fc
    .tuple(fc.nat(99_999), fc.nat(9_999))
    .map(([whole, part]) => `${whole}.${String(part).padStart(4, '0')}`);

  it('lands on the grid, within one step, in the direction asked for', () => {
    fc.assert(
      fc.property(value, step, fc.boolean(), (from, by, up) => {
        const next = new Big(stepped(from, by, up));
        const moved = up ? next.minus(from) : new Big(from).minus(next);
        expect(next.mod(by).eq(0)).toBe(true);
        expect(moved.gt(0) || (!up && next.eq(0))).toBe(true);
        expect(moved.lte(by)).toBe(true);
      }),
    );
  });
});
