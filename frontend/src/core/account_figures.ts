/** What an account is worth now: its wallet, and its positions at live marks. */
import { add, compare, div, isZero, sum } from './money';
import type { Balance } from './wire';

/** Decimal text, in `currency`. */
export interface AccountFigures {
  equity: string;
  wallet: string;
  available: string;
  /** Maintenance margin over equity, four places: at 1 the exchange takes over. Null without equity. */
  marginRatio: string | null;
  maintenanceMargin: string;
  unrealisedPnl: string;
  currency: string;
}

/** The currency that an account is shown in: the one with the most equity; ties by name. */
export function mainBalance(balances: readonly Balance[]): Balance | null {
  const ranked = [...balances].sort((a, b) => compare(b.equity, a.equity) || (a.currency < b.currency ? -1 : 1));
  return ranked[0] ?? null;
}

/**
 * `pnls`: of every open position that settles in this currency, at its live mark; `null` where one of them cannot be
 * valued: then the exchange's own figures stand.
 */
export function figuresOfBalance(balance: Balance, pnls: readonly (string | null)[]): AccountFigures {
  const live = pnls.every((pnl) => pnl !== null) ? sum(pnls) : null;
  const unrealisedPnl = live ?? balance.unrealised_pnl;
  const equity = live === null ? balance.equity : add(balance.wallet, live);
  return {
    equity,
    wallet: balance.wallet,
    available: balance.available,
    marginRatio: ratio(balance.maintenance_margin, equity),
    maintenanceMargin: balance.maintenance_margin,
    unrealisedPnl,
    currency: balance.currency,
  };
}

/** Added up by currency, each currency once. */
export function totals(all: readonly AccountFigures[]): AccountFigures[] {
  const currencies = [...new Set(all.map((figures) => figures.currency))];
  return currencies.map((currency) => {
    const mine = all.filter((figures) => figures.currency === currency);
    const total = (field: Exclude<keyof AccountFigures, 'marginRatio' | 'currency'>): string =>
      sum(mine.map((figures) => figures[field]));
    const equity = total('equity');
    const maintenanceMargin = total('maintenanceMargin');
    return {
      equity,
      wallet: total('wallet'),
      available: total('available'),
      marginRatio: ratio(maintenanceMargin, equity),
      maintenanceMargin,
      unrealisedPnl: total('unrealisedPnl'),
      currency,
    };
  });
}

function ratio(maintenanceMargin: string, equity: string): string | null {
  return isZero(equity) ? null : div(maintenanceMargin, equity, 4, 'half_up');
}
