// What is wrong with a draft, field by field: in itself, by the instrument, by the position and by the exchange.
import Big from 'big.js';
import type { Capabilities, InstrumentView, TradingState } from './wire';
import { inBase, positiveOrZero } from './sizing';
import { hasPrice, isConditional, isProtected, lacks, type TicketDraft, type TicketMarket } from './ticket_draft';

/** A text of the catalogue, `ticket.error.<code>` or `ticket.warning.<code>`, and what it is filled with. */
export interface TicketNote {
  code: ErrorCode | WarningCode;
  params: Record<string, string>;
}
export type ErrorCode =
  | 'no_market'
  | 'inverse'
  | 'not_a_number'
  | 'off_tick'
  | 'missing_price'
  | 'missing_trigger'
  | 'missing_size'
  | 'no_price'
  | 'no_percent'
  | 'over_all'
  | 'below_lot'
  | 'too_small'
  | 'too_large'
  | 'too_little_worth'
  | 'trigger_above'
  | 'trigger_below'
  | 'wins_above'
  | 'wins_below'
  | 'loses_above'
  | 'loses_below'
  | 'post_only_crosses'
  | 'nothing_to_reduce'
  | 'more_than_held'
  | 'reducing'
  | 'halted'
  | 'missing_protection'
  | 'cannot';
export type WarningCode = 'marketable' | 'far_from_mark' | 'stale' | 'rounded';

export function priceError(text: string, instrument: InstrumentView, missing: ErrorCode): TicketNote | null {
  if (text === '') return note(missing);
  const price = positiveOrZero(text);
  if (price === null || price.eq(0)) return note('not_a_number');
  if (!price.mod(instrument.price_tick).eq(0)) return note('off_tick', { tick: instrument.price_tick });
  return null;
}

/** A stop waits behind the market, a take-profit ahead of it; on the wrong side it would fire at once, or be the other. */
export function triggerError(draft: TicketDraft, market: TicketMarket, instrument: InstrumentView): TicketNote | null {
  if (!isConditional(draft.type)) return null;
  const wrong = priceError(draft.trigger, instrument, 'missing_trigger');
  if (wrong !== null) return wrong;
  const now = market.ticker?.mark ?? market.ticker?.last ?? null;
  if (now === null) return null;
  const rising = (draft.type === 'stop') === (draft.side === 'buy');
  const ahead = rising ? new Big(draft.trigger).gt(now) : new Big(draft.trigger).lt(now);
  return ahead ? null : note(rising ? 'trigger_above' : 'trigger_below', { price: now });
}

export function sizeError(
  draft: TicketDraft,
  instrument: InstrumentView,
  contracts: string | null,
  notional: string | null,
): TicketNote | null {
  const asked = positiveOrZero(draft.size);
  if (draft.size === '' || asked?.eq(0)) return note('missing_size');
  if (asked === null) return note('not_a_number');
  if (contracts === null) return note(draft.unit === 'percent' ? 'no_percent' : 'no_price');
  if (draft.unit === 'percent' && asked.gt(100)) return note('over_all');
  const amount = new Big(contracts);
  if (amount.eq(0)) {
    return note('below_lot', {
      least: inBase(instrument.amount_step, instrument.contract_size),
      base: instrument.base,
    });
  }
  if (amount.lt(instrument.min_amount)) {
    return note('too_small', { least: inBase(instrument.min_amount, instrument.contract_size), base: instrument.base });
  }
  const most = hasPrice(draft) ? instrument.max_amount : (instrument.max_market_amount ?? instrument.max_amount);
  if (most !== null && amount.gt(most)) {
    return note('too_large', { most: inBase(most, instrument.contract_size), base: instrument.base });
  }
  const worthless =
    instrument.min_notional !== null && notional !== null && new Big(notional).lt(instrument.min_notional);
  if (worthless && !draft.reduceOnly) {
    return note('too_little_worth', { least: instrument.min_notional ?? '', currency: instrument.settle });
  }
  return null;
}

export function reduceError(draft: TicketDraft, market: TicketMarket, contracts: string | null): TicketNote | null {
  if (!draft.reduceOnly) return null;
  if (market.reducible === null || new Big(market.reducible).eq(0)) {
    return note('nothing_to_reduce');
  }
  return contracts !== null && new Big(contracts).gt(market.reducible) ? note('more_than_held') : null;
}

export function stateError(draft: TicketDraft, state: TradingState): TicketNote | null {
  if (draft.reduceOnly || state === 'active') return null;
  return note(state === 'halted' ? 'halted' : 'reducing');
}

export function capabilityError(draft: TicketDraft, can: Capabilities | null): TicketNote | null {
  const missing =
    lacks(draft.type, can) ||
    (draft.postOnly && hasPrice(draft) && lacks('post_only', can)) ||
    (draft.reduceOnly && lacks('reduce_only', can)) ||
    (hasPrice(draft) && lacks(draft.timeInForce, can)) ||
    (isConditional(draft.type) && lacks(draft.triggerBy, can)) ||
    (isProtected(draft) && can !== null && !can.attached_protection);
  return missing ? note('cannot') : null;
}

/** Of a take profit or stop loss as it was typed, and the price that follows. */
export function protectionError(
  kind: 'take_profit' | 'stop_loss',
  draft: TicketDraft,
  price: string | null,
  reference: string | null,
  instrument: InstrumentView,
): TicketNote | null {
  const typed = kind === 'take_profit' ? draft.takeProfit : draft.stopLoss;
  if (!isProtected(draft)) return null;
  if (typed === '') return kind === 'stop_loss' && draft.takeProfit === '' ? note('missing_protection') : null;
  if (positiveOrZero(typed) === null) return note('not_a_number');
  if (reference === null) return note('no_price');
  if (price === null) return note('not_a_number');
  const wrong = priceError(price, instrument, 'not_a_number');
  if (wrong !== null) return wrong;
  const above = (kind === 'take_profit') === (draft.side === 'buy');
  const right = above ? new Big(price).gt(reference) : new Big(price).lt(reference);
  if (right) return null;
  if (kind === 'take_profit') return note(above ? 'wins_above' : 'wins_below', { price: reference });
  return note(above ? 'loses_above' : 'loses_below', { price: reference });
}

export function note(code: ErrorCode, params: Record<string, string> = {}): TicketNote {
  return { code, params };
}
