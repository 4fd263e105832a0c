// What is typed in the ticket, and what follows from it without any rule.
import Big from 'big.js';
import { priceAtPercent } from './position_figures';
import type { Capabilities, InstrumentView, Side, Ticker, TimeInForce, TradingState, TriggerBy } from './wire';
import { positiveOrZero, type SizeUnit } from './sizing';

export type TicketType = 'limit' | 'market' | 'stop' | 'take_profit';
export const TICKET_TYPES: readonly TicketType[] = ['limit', 'market', 'stop', 'take_profit'];
export type ProtectUnit = 'price' | 'percent';

export interface TicketDraft {
  account: string;
  symbol: string;
  side: Side;
  type: TicketType;
  /** Of a limit order; of a stop or take-profit, a limit order's price when given, else it goes at the market. */
  price: string;
  trigger: string;
  triggerBy: TriggerBy;
  size: string;
  unit: SizeUnit;
  timeInForce: TimeInForce;
  postOnly: boolean;
  reduceOnly: boolean;
  protect: boolean;
  protectUnit: ProtectUnit;
  takeProfit: string;
  stopLoss: string;
}

export interface TicketMarket {
  instrument: InstrumentView | null;
  capabilities: Capabilities | null;
  ticker: Ticker | null;
  /** The newest quote is too old to trust. */
  stale: boolean;
  /** What the size is reckoned by: see `referencePrice`. */
  price: string | null;
  /** Contracts that 100 % stands for. */
  full: string | null;
  /** Contracts held on the other side, that a reduce-only order can take away. */
  reducible: string | null;
  tradingState: TradingState;
}

export type TicketField =
  | 'price'
  | 'trigger'
  | 'size'
  | 'take_profit'
  | 'stop_loss'
  | 'post_only'
  | 'reduce_only'
  | 'time_in_force'
  | 'leverage'
  | 'form';

export const isConditional = (type: TicketType): boolean => type === 'stop' || type === 'take_profit';
export const hasPrice = (draft: Pick<TicketDraft, 'type' | 'price'>): boolean =>
  draft.type === 'limit' || (isConditional(draft.type) && draft.price !== '');

/** The price that sizes, protection and worth are reckoned by: the limit price, the trigger, else the market's. */
export function referencePrice(draft: TicketDraft, market: string | null): string | null {
  if (hasPrice(draft)) return isPrice(draft.price) ? draft.price : market;
  if (isConditional(draft.type)) return isPrice(draft.trigger) ? draft.trigger : market;
  return market;
}

/** The market's own price for the side: last, else mark, else the quote that it would meet. */
export function marketPrice(ticker: Ticker | null, side: Side): string | null {
  if (ticker === null) return null;
  return ticker.last ?? ticker.mark ?? (side === 'buy' ? ticker.ask : ticker.bid);
}

/** What the exchange of this account does not do; null where it does. */
export function lacks(what: TicketField | TicketType | TimeInForce | TriggerBy, can: Capabilities | null): boolean {
  if (can === null) return false;
  switch (what) {
    case 'stop':
    case 'take_profit':
      return !can.conditional_orders;
    case 'post_only':
      return !can.post_only;
    case 'reduce_only':
      return !can.reduce_only;
    case 'leverage':
      return !can.leverage;
    case 'IOC':
    case 'FOK':
      return !can.time_in_force.includes(what);
    case 'last':
    case 'mark':
    case 'index':
      return !can.trigger_by.includes(what);
    default:
      return false;
  }
}

/** Whether a take profit and a stop loss go along; a reduce-only order opens nothing that they could protect. */
export const isProtected = (draft: Pick<TicketDraft, 'protect' | 'reduceOnly'>): boolean =>
  draft.protect && !draft.reduceOnly;

/** TP and SL as prices, whichever way they were typed; null for one that is not wanted, or says nothing yet. */
export function protectionOf(
  draft: TicketDraft,
  reference: string | null,
  instrument: Pick<InstrumentView, 'price_tick'>,
): { takeProfit: string | null; stopLoss: string | null } {
  if (!isProtected(draft)) return { takeProfit: null, stopLoss: null };
  const at = (text: string, up: boolean): string | null => {
    if (!isPrice(text)) return null;
    if (draft.protectUnit === 'price') return text;
    return reference === null ? null : priceAtPercent(reference, text, up, instrument.price_tick);
  };
  const buying = draft.side === 'buy';
  return { takeProfit: at(draft.takeProfit, buying), stopLoss: at(draft.stopLoss, !buying) };
}

/** Whether a limit price meets the other side of the book. */
export function isMarketable(side: Side, price: string, ticker: Ticker | null): boolean {
  const opposite = side === 'buy' ? ticker?.ask : ticker?.bid;
  if (opposite === null || opposite === undefined || !isPrice(price)) return false;
  return side === 'buy' ? new Big(price).gte(opposite) : new Big(price).lte(opposite);
}

/** Which field of the ticket a field of the request is. */
export function fieldOf(requestField: string | null | undefined): TicketField {
  return (requestField && FIELDS[requestField]) || 'form';
}

const FIELDS: Record<string, TicketField> = {
  amount: 'size',
  price: 'price',
  trigger_price: 'trigger',
  trigger_by: 'trigger',
  take_profit: 'take_profit',
  stop_loss: 'stop_loss',
  post_only: 'post_only',
  reduce_only: 'reduce_only',
  time_in_force: 'time_in_force',
  leverage: 'leverage',
};

export function isPrice(text: string): boolean {
  return positiveOrZero(text)?.gt(0) ?? false;
}
