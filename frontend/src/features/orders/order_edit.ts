/** A living order's terms as typed anew: what may be changed, and what stands against it. */

import { compare, isOnGrid, isZero, readDecimal } from '../../core/money';
import type { AmendOrderBody, InstrumentView, Order } from '../../core/wire';

export const TERMS = ['price', 'trigger_price', 'amount', 'take_profit', 'stop_loss'] as const;
export type Term = (typeof TERMS)[number];

/** A key below `orders.edit.`, and what it is told with. */
export interface Objection {
  readonly key: 'not_a_number' | 'not_positive' | 'off_step' | 'below_filled';
  readonly params: Readonly<Record<string, string>>;
}

export type Read = { readonly value: string } | { readonly objection: Objection };

/** Which terms of this order an amend can change. */
export function editable(order: Order, term: Term): boolean {
  if (term === 'price') return order.type === 'limit' && order.price != null;
  if (term === 'trigger_price') return order.trigger_price != null;
  if (term === 'amount') return !order.role; // what protects a position follows its size
  return order.origin === 'desk' && !order.reduce_only;
}

/** The grid of a term: the tick of what is a price, the step of the amount. */
export function stepOf(term: Term, instrument: InstrumentView | undefined): string | undefined {
  return term === 'amount' ? instrument?.amount_step : instrument?.price_tick;
}

/** What was typed for a term, or what is wrong with it. An empty take profit or stop loss is `0`: none. */
export function readTerm(term: Term, typed: string, order: Order, instrument: InstrumentView | undefined): Read {
  const optional = term === 'take_profit' || term === 'stop_loss';
  if (optional && typed.trim() === '') return { value: '0' };
  const value = readDecimal(typed);
  if (value === null) return { objection: { key: 'not_a_number', params: {} } };
  if (value.startsWith('-') || (isZero(value) && !optional)) return { objection: { key: 'not_positive', params: {} } };
  const step = stepOf(term, instrument);
  if (step && !isOnGrid(value, step)) return { objection: { key: 'off_step', params: { step } } };
  if (term === 'amount' && compare(value, order.filled) <= 0) {
    return { objection: { key: 'below_filled', params: { filled: order.filled } } };
  }
  return { value };
}

/** The amend that these values make; `null` where nothing changes. */
export function amendOf(order: Order, values: Partial<Record<Term, string>>): AmendOrderBody | null {
  const body: AmendOrderBody = {};
  for (const term of TERMS) {
    const value = values[term];
    if (value !== undefined && compare(value, order[term] ?? '0') !== 0) body[term] = value;
  }
  return Object.keys(body).length > 0 ? body : null;
}
