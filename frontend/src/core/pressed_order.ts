/** What is shown of an order before the desk has said a word on it. */
import type { Order, PlaceOrderBody } from './wire';

/** As the desk would write it down first: pending, of version 0, and named by its Idempotency-Key. */
export function asPressed(body: PlaceOrderBody, key: string, nowMs: number): Order {
  return {
    order_id: key,
    idempotency_key: key,
    account: body.account,
    symbol: body.symbol,
    side: body.side,
    type: body.type,
    amount: body.amount,
    remaining: body.amount,
    price: body.price ?? null,
    trigger_price: body.trigger_price ?? null,
    trigger_by: body.trigger_by ?? null,
    take_profit: body.take_profit ?? null,
    stop_loss: body.stop_loss ?? null,
    time_in_force: body.time_in_force ?? 'GTC',
    post_only: body.post_only ?? false,
    reduce_only: body.reduce_only ?? false,
    position_side: body.position_side ?? null,
    status: 'pending',
    origin: 'desk',
    created_ms: nowMs,
    updated_ms: nowMs,
    version: 0,
    ...NOTHING_YET,
  };
}

const NOTHING_YET = {
  filled: '0',
  filled_by_fills: '0',
  cost: '0',
  average: null,
  fees: {},
  last_fill: 0,
  client_order_id: '',
  exchange_order_id: '',
  client_order_ids: [],
  exchange_order_ids: [],
  deadline_ms: 0,
  exchange_updated_ms: 0,
  cancel_requested: false,
  amend_requested: false,
  quarantined: false,
};
