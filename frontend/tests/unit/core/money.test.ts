import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import * as money from '../../../src/core/money';

const digits = (most: number): fc.Arbitrary<string> =>
  fc.array(fc.integer({ min: 0, max: 9 }), { minLength: 1, maxLength: most }).map((all) => all.join(''));
const decimal = fc
  .tuple(fc.boolean(), digits(10), fc.option(digits(8), { nil: undefined }))
  .map(([below, whole, fraction]) => {
    const text = `${whole.replace(/^0+(?=\d)/, '')}${fraction === undefined ? '' : `.${fraction}`}`;
    return below && /[1-9]/.test(text) ? `-${text}` : text;
  });
const positive = decimal.map(money.abs);
const step = fc.constantFrom('1', '0.1', '0.5', '0.001', '0.00005', '10', '25', '0.25');

describe('reading', () => {
  test.each(['0', '1', '-1', '60000.10', '0.00000001'])('%s is decimal text', (text) => {
    expect(money.isDecimal(text)).toBe(true);
  });
  test.each(['', '-', '.5', '5.', '+1', '1e5', '1,000', ' 1', 'NaN', 'Infinity', '0x10', '1.2.3', '١'])(
    '%j is not',
    (text) => {
      expect(money.isDecimal(text)).toBe(false);
    },
  );
  test.each([
    ['1', '1'],
    ['.5', '0.5'],
    ['5.', '5'],
    ['007.10', '7.10'],
    ['1,5', '1.5'],
    ['0,125', '0.125'],
    [' 59\u202f729.0 ', '59729.0'],
    ['\u22123', '-3'],
    ['1,000', null],
    ['1,000.5', null],
    ['1.000,5', null],
    ['1e3', null],
    ['abc', null],
    ['', null],
    ['-', null],
    ['.', null],
  ])('typed %j is read as %j', (typed, value) => {
    expect(money.readDecimal(typed)).toBe(value);
  });
  test('what was shown can be typed again', () => {
    fc.assert(
      fc.property(decimal, (value) => money.compare(money.readDecimal(money.shown(value)) ?? 'none', value) === 0),
    );
  });
});

describe('arithmetic', () => {
  test('is exact where binary floating point is not', () => {
    expect(money.add('0.1', '0.2')).toBe('0.3');
    expect(money.mul('0.00000001', '0.00000001')).toBe('0.0000000000000001');
    expect(money.sub('1', '1.000000000000000000001')).toBe('-0.000000000000000000001');
  });
  test('zero has no sign and no places', () => {
    expect([money.sub('1.50', '1.5'), money.neg('0.00'), money.mul('-1', '0')]).toEqual(['0', '0', '0']);
  });
  test('adding and taking away leave what was', () => {
    fc.assert(fc.property(decimal, decimal, (a, b) => money.compare(money.sub(money.add(a, b), b), a) === 0));
  });
  test('a sum is the same in any order', () => {
    fc.assert(
      fc.property(fc.array(decimal), (all) => money.compare(money.sum(all), money.sum([...all].reverse())) === 0),
    );
  });
  test('division rounds as it is told', () => {
    expect(money.div('2', '3', 2, 'down')).toBe('0.66');
    expect(money.div('2', '3', 2, 'half_up')).toBe('0.67');
    expect(money.div('1', '3', 2, 'up')).toBe('0.34');
    expect(money.div('-2', '3', 0, 'down')).toBe('0');
    expect(() => money.div('1', '0', 2, 'down')).toThrow();
  });
});

describe('the grid', () => {
  test('floorTo gives whole steps, never more than was asked, and less than a step below it', () => {
    fc.assert(
      fc.property(positive, step, (value, size) => {
        const floored = money.floorTo(value, size);
        const rest = money.sub(value, floored);
        return money.isOnGrid(floored, size) && money.sign(rest) >= 0 && money.compare(rest, size) < 0;
      }),
    );
  });
  test('roundTo gives the nearest step', () => {
    fc.assert(
      fc.property(decimal, step, (value, tick) => {
        const off = money.abs(money.sub(money.roundTo(value, tick), value));
        return money.isOnGrid(money.roundTo(value, tick), tick) && money.compare(money.mul(off, '2'), tick) <= 0;
      }),
    );
  });
  test('what is on the grid stays', () => {
    fc.assert(
      fc.property(fc.integer({ min: -100_000, max: 100_000 }), step, (count, size) => {
        const value = money.mul(String(count), size);
        return money.floorTo(value, size) === value && money.roundTo(value, size) === value;
      }),
    );
  });
  test('places of a step', () => {
    expect(['0.05', '10', '0.10', '1', '0.00000001'].map(money.placesOf)).toEqual([2, 0, 1, 0, 8]);
  });
});

describe('for the eye', () => {
  test.each([
    ['59729.0', {}, '59\u202f729.0'],
    ['1234567.891', { places: 2 }, '1\u202f234\u202f567.89'],
    ['-51.1', { places: 2 }, '\u221251.10'],
    ['51.1', { places: 2, signed: true }, '+51.10'],
    ['0.004', { places: 2, signed: true }, '0.00'],
    ['-0.004', { places: 2, signed: true }, '0.00'],
    ['0.005', { places: 2 }, '0.01'],
    ['123', {}, '123'],
    ['0.123456', {}, '0.123456'],
  ])('%s is shown %j', (value, how, text) => {
    expect(money.shown(value, how)).toBe(text);
  });
});
