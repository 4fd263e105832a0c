/** The exchanges that the desk trades, as the form for an account needs to know them. */
import type { Environment } from '../../core/wire';

export interface Exchange {
  readonly id: string;
  readonly label: string;
  readonly environments: readonly Environment[];
  /** What its keys consist of, by ccxt's names. */
  readonly credentials: readonly string[];
}

export const EXCHANGES: readonly Exchange[] = [
  {
    id: 'bybit',
    label: 'Bybit',
    environments: ['live', 'testnet', 'demo', 'simulation'],
    credentials: ['apiKey', 'secret'],
  },
];

export function exchangeOf(id: string): Exchange | undefined {
  return EXCHANGES.find((exchange) => exchange.id === id);
}

/** What an exchange is called; an id that is not known here is its own name. */
export function exchangeLabel(id: string): string {
  return exchangeOf(id)?.label ?? id;
}
