// A market, an account and a draft that fit each other.
import type { TicketDraft, TicketMarket } from '../../../src/core/ticket_draft';
import type { Capabilities, InstrumentView, Ticker } from '../../../src/core/wire';

export const BTC: InstrumentView = {
  account: 'sim',
  symbol: 'BTC/USDT:USDT',
  exchange_symbol: 'BTCUSDT',
  base: 'BTC',
  quote: 'USDT',
  settle: 'USDT',
  contract_size: '1',
  price_tick: '0.1',
  amount_step: '0.001',
  min_amount: '0.001',
  max_amount: '1190',
  max_market_amount: '500',
  min_notional: '5',
  max_leverage: '100',
  maker_fee: '0.0002',
  taker_fee: '0.00055',
};

export const CAPABILITIES: Capabilities = {
  websocket_orders: true,
  amend: true,
  cancel_all: true,
  attached_protection: true,
  position_protection: true,
  conditional_orders: true,
  trigger_by: ['last', 'mark', 'index'],
  post_only: true,
  reduce_only: true,
  time_in_force: ['GTC', 'IOC', 'FOK'],
  hedge_mode: false,
  leverage: true,
  proves_absence: true,
};

export const TICKER: Ticker = {
  kind: 'ticker',
  symbol: 'BTC/USDT:USDT',
  bid: '60000',
  ask: '60000.1',
  last: '60000',
  mark: '60000',
  index: '60001',
  change: null,
  funding_rate: null,
  high: null,
  low: null,
  next_funding_ms: null,
  time_ms: 0,
  volume: null,
};

export const DRAFT: TicketDraft = {
  account: 'sim',
  symbol: 'BTC/USDT:USDT',
  side: 'buy',
  type: 'limit',
  price: '59000',
  trigger: '',
  triggerBy: 'last',
  size: '0.52',
  unit: 'base',
  timeInForce: 'GTC',
  postOnly: false,
  reduceOnly: false,
  protect: false,
  protectUnit: 'price',
  takeProfit: '',
  stopLoss: '',
};

export const MARKET: TicketMarket = {
  instrument: BTC,
  capabilities: CAPABILITIES,
  ticker: TICKER,
  stale: false,
  price: '60000',
  full: '10',
  reducible: null,
  tradingState: 'active',
};
