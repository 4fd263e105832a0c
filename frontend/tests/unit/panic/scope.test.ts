import { expect, it } from 'vitest';
import { countOf, isWithin, reachesOf } from '../../../src/features/panic/scope';
import type { OrderRow } from '../../../src/state/orders.svelte';
import type { PositionRow } from '../../../src/state/positions.svelte';

const ACCOUNTS = [{ name: 'a' }, { name: 'b' }];
const order = (account: string, symbol: string) => ({ order: { account, symbol } }) as OrderRow;
const position = (account: string, symbol: string, notional: string | null) =>
  ({ position: { account, symbol }, figures: { notional } }) as PositionRow;

it('reaches one command for each account', () => {
  expect(reachesOf('all', { account: null, symbol: null }, ACCOUNTS)).toEqual([
    { account: 'a', symbol: null },
    { account: 'b', symbol: null },
  ]);
  expect(reachesOf('account', { account: 'b', symbol: 'X' }, ACCOUNTS)).toEqual([{ account: 'b', symbol: null }]);
  expect(reachesOf('symbol', { account: 'b', symbol: 'X' }, ACCOUNTS)).toEqual([{ account: 'b', symbol: 'X' }]);
});

it('reaches nothing where nothing is chosen', () => {
  expect(reachesOf('symbol', { account: 'a', symbol: null }, ACCOUNTS)).toEqual([]);
  expect(reachesOf('account', { account: null, symbol: null }, ACCOUNTS)).toEqual([]);
});

it('holds what it reaches and nothing else', () => {
  expect(isWithin({ account: 'a', symbol: null }, { account: 'a', symbol: 'X' })).toBe(true);
  expect(isWithin({ account: 'a', symbol: 'Y' }, { account: 'a', symbol: 'X' })).toBe(false);
  expect(isWithin({ account: 'a', symbol: 'X' }, { account: 'b', symbol: 'X' })).toBe(false);
});

it('counts orders, positions, accounts, and worth by currency', () => {
  const orders = [order('a', 'X'), order('b', 'X'), order('c', 'X')];
  const held = [
    position('a', 'X', '100.5'),
    position('b', 'Y', '50'),
    position('b', 'X', null),
    position('b', 'Z', '7'),
  ];
  const settle = (_: string, symbol: string) => (symbol === 'Z' ? 'USDC' : 'USDT');
  const reaches = reachesOf('all', { account: null, symbol: null }, ACCOUNTS);
  expect(countOf(reaches, orders, held, settle)).toEqual({
    orders: 2,
    positions: 4,
    accounts: 2,
    worth: [
      { currency: 'USDT', amount: '150.5' },
      { currency: 'USDC', amount: '7' },
    ],
  });
});
