/** A desk with one account, one market and a price; what the page sends is kept, and answered as the test says. */
import { cleanup } from '@testing-library/svelte';
import { settled } from 'svelte';
import { expect, vi } from 'vitest';
import type { Order, PlaceOrderBody, Position, Ticker, TradingState } from '../../../src/core/wire';
import { accounts } from '../../../src/state/accounts.svelte';
import { clock } from '../../../src/state/clock.svelte';
import { marketFeed, tickers } from '../../../src/state/market.svelte';
import { prefs } from '../../../src/state/prefs.svelte';
import { select } from '../../../src/state/route.svelte';
import { ticket } from '../../../src/state/ticket.svelte';
import { BTC, CAPABILITIES, DRAFT, TICKER } from '../../unit/ticket/desk';
import { desk, Socket, type Sent } from '../market/desk';
import { orderOf } from '../state/desk_double';

export const SYMBOL = BTC.symbol;

export interface Answers {
  /** To everything that is sent but previews. */
  command?: (sent: Sent) => { status?: number; body: unknown };
  preview?: (body: PlaceOrderBody) => object;
  /** What may be traded. */
  state?: TradingState;
}

const BALANCE = {
  currency: 'USDT',
  wallet: '10000',
  equity: '10000',
  available: '10000',
  initial_margin: '0',
  maintenance_margin: '0',
  unrealised_pnl: '0',
};

let made = 0;

/** A new order, as the desk answers a good one. */
export function accepted(sent: Sent): { status: number; body: Order } {
  made += 1;
  const body = sent.body as PlaceOrderBody;
  return { status: 201, body: orderOf(`o${made}`, { side: body.side, amount: body.amount, status: 'open' }) };
}

/** What is sent, without the previews. */
export async function open(answers: Answers = {}): Promise<Sent[]> {
  const account = { name: 'sim', exchange: 'bybit', environment: 'simulation', ready: true, trading_state: 'active' };
  const sent = desk((asked) => {
    const path = asked.path.split('?')[0];
    if (path === '/api/accounts') return { body: [{ ...account, capabilities: CAPABILITIES }] };
    if (path === '/api/balances') return { body: [{ account: 'sim', updated_ms: 1, balances: [BALANCE] }] };
    if (path === '/api/limits')
      return { body: [{ account: 'sim', trading_state: answers.state ?? 'active', limits: {} }] };
    if (path === '/api/instruments') return { body: [BTC] };
    if (path === '/api/orders/preview') {
      const body = asked.body as PlaceOrderBody;
      return { body: { ...PREVIEW, amount: body.amount, ...answers.preview?.(body) } };
    }
    return (answers.command ?? accepted)(asked);
  });
  prefs.confirm = { ...prefs.confirm, limit: false, market: true, close: true, reverse: true, cancelAll: true };
  prefs.lastSize = {};
  prefs.typedAbove = '';
  marketFeed.line.start();
  await accounts.refresh();
  Object.assign(ticket, { ...DRAFT, price: '', size: '', priced: false, open: false });
  select('sim', SYMBOL);
  return sent;
}

const PREVIEW = {
  price: null,
  base_amount: null,
  notional: '30680',
  initial_margin: '3068',
  fee_maker: '6.13',
  fee_taker: '16.87',
  liquidation_price: null,
  denial: null,
  leverage: '10',
  margin_mode: 'cross',
  available: '10000',
};

/** The commands among what was sent. */
export const commands = (sent: readonly Sent[]): Sent[] => sent.filter(({ path }) => !path.includes('preview'));

export function close(): void {
  cleanup();
  marketFeed.line.stop();
  vi.unstubAllGlobals();
}

/** A price that comes just now, and is painted. */
export async function tick(changes: Partial<Ticker> = {}): Promise<void> {
  const time_ms = Date.now();
  clock.nowMs = time_ms;
  await vi.waitFor(() => {
    Socket.say({ channel: 'ticker', item: { ...TICKER, time_ms, ...changes } }); // again, should nobody have listened yet
    expect(tickers.get('sim', SYMBOL)).toMatchObject({ time_ms, ...changes });
  });
  await settled();
}

export function held(changes: Partial<Position> = {}): Position {
  return {
    account: 'sim',
    symbol: SYMBOL,
    side: 'long',
    amount: '0.5',
    entry: '59800',
    exchange_amount: '0.5',
    exchange_entry: '59800',
    exchange_updated_ms: 1,
    discrepancy: null,
    fees: {},
    hedged: false,
    last_fill: 1,
    leverage: '10',
    liquidation_price: '54210',
    maintenance_margin: null,
    margin: '2990',
    margin_mode: 'cross',
    mark: '60000',
    realised_pnl: '0',
    stop_loss: null,
    take_profit: null,
    updated_ms: 1,
    version: 1,
    ...changes,
  };
}
