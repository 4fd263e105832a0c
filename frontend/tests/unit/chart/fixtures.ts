import type { Candle, InstrumentView, Order, Position } from '../../../src/core/wire';

export const SYMBOL = 'BTC/USDT:USDT';

export const INSTRUMENT: InstrumentView = {
  account: 'sim',
  symbol: SYMBOL,
  exchange_symbol: 'BTCUSDT',
  base: 'BTC',
  quote: 'USDT',
  settle: 'USDT',
  contract_size: '0.1',
  price_tick: '0.1',
  amount_step: '0.001',
  min_amount: '0.001',
  max_amount: null,
  max_market_amount: null,
  min_notional: null,
  max_leverage: '100',
  maker_fee: '0.0002',
  taker_fee: '0.0005',
};

export function order(changes: Partial<Order>): Order {
  return {
    account: 'sim',
    symbol: SYMBOL,
    order_id: 'o1',
    side: 'buy',
    type: 'limit',
    status: 'open',
    origin: 'desk',
    amount: '5',
    remaining: '5',
    filled: '0',
    filled_by_fills: '0',
    cost: '0',
    price: '59000',
    amend_requested: false,
    cancel_requested: false,
    client_order_id: '',
    client_order_ids: [],
    exchange_order_id: '',
    exchange_order_ids: [],
    created_ms: 1,
    updated_ms: 1,
    deadline_ms: 0,
    exchange_updated_ms: 0,
    last_fill: 0,
    post_only: false,
    reduce_only: false,
    quarantined: false,
    version: 1,
    ...changes,
  };
}

export function position(changes: Partial<Position>): Position {
  return {
    account: 'sim',
    symbol: SYMBOL,
    side: 'long',
    amount: '5',
    entry: '60000',
    discrepancy: null,
    exchange_amount: null,
    exchange_entry: null,
    exchange_updated_ms: 0,
    fees: {},
    hedged: false,
    last_fill: 0,
    leverage: null,
    liquidation_price: null,
    maintenance_margin: null,
    margin: null,
    margin_mode: null,
    mark: null,
    realised_pnl: '0',
    stop_loss: null,
    take_profit: null,
    updated_ms: 1,
    version: 1,
    ...changes,
  };
}

export function candle(startMs: number, volume = '1'): Candle {
  return {
    kind: 'candle',
    symbol: SYMBOL,
    interval: '1m',
    start_ms: startMs,
    open: '100',
    high: '101',
    low: '99',
    close: '100',
    volume,
  };
}
