import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { compare, mul } from '../../../src/core/money';
import type { Limits } from '../../../src/core/wire';
import { changesOf, entryOf, errorOf, FIELDS, liftedBy } from '../../../src/features/limits/limits_entry';

const decimal = fc
  .tuple(fc.nat(10_000_000), fc.nat(99_999_999))
  .map(([whole, fraction]) => (fraction === 0 ? String(whole) : `${whole}.${fraction}`));
const limits: fc.Arbitrary<Limits> = fc.record({
  price_collar: fc.option(decimal),
  order_notional: fc.option(decimal),
  position_notional: fc.option(decimal),
  leverage: fc.option(decimal),
  open_orders: fc.option(fc.nat(100_000)),
  mark_max_age_ms: fc.integer({ min: 100, max: 3_600_000 }),
});

describe('limits as they are typed', () => {
  it('have nothing to say where nothing was touched', () => {
    fc.assert(
      fc.property(limits, (stands) => {
        expect(changesOf(entryOf(stands), stands)).toEqual({});
        expect(liftedBy(entryOf(stands), stands)).toEqual([]);
      }),
    );
  });

  it('come to the limits that were meant, exactly', () => {
    fc.assert(
      fc.property(limits, limits, (before, after) => {
        const changes = changesOf(entryOf(after), before);
        for (const field of FIELDS) {
          const sent = field in changes ? changes[field] : before[field];
          const meant = after[field];
          if (meant === null) expect(sent).toBeNull();
          else expect(compare(String(sent), String(meant))).toBe(0);
        }
      }),
    );
  });

  it('lift what is emptied and was there', () => {
    fc.assert(
      fc.property(limits, (stands) => {
        const empty = Object.fromEntries(FIELDS.map((field) => [field, ''])) as ReturnType<typeof entryOf>;
        expect(liftedBy(empty, stands)).toEqual(FIELDS.filter((field) => stands[field] !== null));
      }),
    );
  });

  it('take the collar in percent, exactly', () => {
    const stands = { price_collar: '0.05', mark_max_age_ms: 5_000 } as Limits;
    expect(changesOf({ ...entryOf(stands), price_collar: '0.1' }, stands)).toEqual({ price_collar: '0.001' });
    expect(mul('0.001', '100')).toBe('0.1');
  });

  it.each([
    ['price_collar', '', null],
    ['mark_max_age_ms', '', 'no_age'],
    ['mark_max_age_ms', '0.099', 'no_age'],
    ['mark_max_age_ms', '0.1', null],
    ['mark_max_age_ms', '2,5', null],
    ['mark_max_age_ms', '1.0005', 'no_age'],
    ['mark_max_age_ms', '3600.001', 'no_age'],
    ['price_collar', '0', null],
    ['price_collar', 'x', 'no_number'],
    ['order_notional', '-1', 'negative'],
    ['leverage', '0.99', 'below_one'],
    ['open_orders', '1.5', 'no_whole_number'],
    ['open_orders', '100001', 'too_many'],
    ['open_orders', '100000', null],
  ] as const)('%s %j: %s', (field, typed, error) => {
    expect(errorOf(field, typed)).toBe(error);
  });
});
