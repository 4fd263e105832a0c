/** What a panic button is for, and how much that is. */
import { sum } from '../../core/money';
import type { OrderRow } from '../../state/orders.svelte';
import type { PositionRow } from '../../state/positions.svelte';

export type ScopeName = 'symbol' | 'account' | 'all';

/** One command's reach: an account, or one symbol of it. */
export interface Reach {
  account: string;
  symbol: string | null;
}

export interface Count {
  orders: number;
  positions: number;
  /** Accounts that have any of either. */
  accounts: number;
  /** What the positions are worth, by settle currency; of those whose mark is known. */
  worth: { currency: string; amount: string }[];
}

/** The commands that a scope comes to: one for each account, for the desk works account by account. */
export function reachesOf(
  scope: ScopeName,
  chosen: { account: string | null; symbol: string | null },
  accounts: readonly { name: string }[],
): Reach[] {
  if (scope === 'all') return accounts.map(({ name }) => ({ account: name, symbol: null }));
  if (chosen.account === null || (scope === 'symbol' && chosen.symbol === null)) return [];
  return [{ account: chosen.account, symbol: scope === 'symbol' ? chosen.symbol : null }];
}

export function isWithin(reach: Reach, thing: { account: string; symbol: string }): boolean {
  return thing.account === reach.account && (reach.symbol === null || thing.symbol === reach.symbol);
}

export function countOf(
  reaches: readonly Reach[],
  orders: readonly OrderRow[],
  positions: readonly PositionRow[],
  settleOf: (account: string, symbol: string) => string | null,
): Count {
  const reached = (thing: { account: string; symbol: string }): boolean =>
    reaches.some((reach) => isWithin(reach, thing));
  const resting = orders.filter(({ order }) => reached(order)).map(({ order }) => order);
  const held = positions.filter(({ position }) => reached(position));
  const worth = new Map<string, string[]>();
  for (const { position, figures } of held) {
    const currency = settleOf(position.account, position.symbol);
    if (currency !== null && figures.notional !== null) {
      worth.set(currency, [...(worth.get(currency) ?? []), figures.notional]);
    }
  }
  return {
    orders: resting.length,
    positions: held.length,
    accounts: new Set([...resting, ...held.map(({ position }) => position)].map(({ account }) => account)).size,
    worth: [...worth].map(([currency, amounts]) => ({ currency, amount: sum(amounts) })),
  };
}
