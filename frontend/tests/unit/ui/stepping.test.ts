import Big from 'big.js';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { stepped, typed } from '../../../src/ui/stepping';

describe('typed', () => {
  it.each([
    ['59 729,5', '59729.5'],
    ['59\u202f729.5', '59729.5'],
    ['.5', '.5'],
    ['5.', '5.'],
    ['', ''],
    ['60,000.5', '60000.5'],
    ['1,234,567', '1234567'],
    ['1.234.567,8', '1234567.8'],
    ['0,125', '0.125'],
    ['1,25', '1.25'],
  ])('reads %s as %s', (text, expected) => {
    expect(typed(text, '7')).toBe(expected);
  });

  it.each(['60,000', '1.2.3', '-3', '1e5', 'abc', '1,2,3', 'Infinity', '12,34.5'])('makes nothing of %s', (text) => {
    expect(typed(text, '7')).toBe('7');
  });

  it('changes nothing that it has read once', () => {
    fc.assert(fc.property(fc.string(), (text) => typed(typed(text, ''), '9') === typed(text, '')));
  });

  it('makes of no text a number that its digits do not spell', () => {
    const near = fc.string({ unit: fc.constantFrom(...'0123456789.,- e\u202f') });
    fc.assert(fc.property(near, (text) => ['7', text.replace(/\D/g, '')].includes(typed(text, '7').replace('.', ''))));
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
