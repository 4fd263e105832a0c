import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { figuresOfBalance, mainBalance, totals } from '../../../src/core/account_figures';
import { add, compare, sum } from '../../../src/core/money';
import type { Balance } from '../../../src/core/wire';

const balance = (more: Partial<Balance>): Balance => ({
  currency: 'USDT',
  wallet: '1000',
  equity: '1001',
  available: '800',
  initial_margin: '100',
  maintenance_margin: '50',
  unrealised_pnl: '1',
  ...more,
});

test('an account is shown in the currency that it holds most of', () => {
  const held = [
    balance({ currency: 'BTC', equity: '0.5' }),
    balance({}),
    balance({ currency: 'USDC', equity: '1001' }),
  ];
  expect(mainBalance(held)?.currency).toBe('USDC');
  expect(mainBalance([])).toBeNull();
});

describe('figures', () => {
  test('are the wallet and the positions at live marks', () => {
    expect(figuresOfBalance(balance({}), ['-12.5', '2.5'])).toMatchObject({
      equity: '990',
      unrealisedPnl: '-10',
      marginRatio: '0.0505',
    });
  });

  test("are the exchange's own where a position cannot be valued", () => {
    expect(figuresOfBalance(balance({}), ['5', null])).toMatchObject({ equity: '1001', unrealisedPnl: '1' });
  });

  test('of an account without equity have no ratio', () => {
    expect(figuresOfBalance(balance({ wallet: '0', maintenance_margin: '0' }), []).marginRatio).toBeNull();
  });
});

test('totals are of each currency alone, and of all of it', () => {
  const cents = fc.integer({ min: -100_000, max: 100_000 }).map((count) => `${count / 100}`);
  const account = fc.tuple(fc.constantFrom('USDT', 'USDC', 'BTC'), cents, cents);
  fc.assert(
    fc.property(fc.array(account), (all) => {
      const figures = all.map(([currency, wallet, pnl]) => figuresOfBalance(balance({ currency, wallet }), [pnl]));
      const made = totals(figures);
      expect(new Set(made.map((total) => total.currency)).size).toBe(made.length);
      expect(compare(sum(made.map((total) => total.equity)), sum(figures.map((each) => each.equity)))).toBe(0);
      for (const total of made) expect(total.equity).toBe(add(total.wallet, total.unrealisedPnl));
    }),
  );
});
