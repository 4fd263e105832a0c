/** Everything the page tells the desk to do. Each command makes its Idempotency-Key once and never a second one. */
import { SvelteMap } from 'svelte/reactivity';
import { api } from '../core/api';
import { ASK_MS, untilAnswered } from '../core/ask';
import type { Outcome } from '../core/pending';
import type { Answer, Problem } from '../core/problem';
import { browserTiming } from '../core/timing';
import type {
  AmendOrderBody,
  ClosePositionBody,
  CommandResult,
  FlattenBody,
  LeverageBody,
  LimitsBody,
  PlaceOrderBody,
  Preview,
  ProtectionBody,
  ReverseBody,
  RulesView,
  TradingStateBody,
} from '../core/wire';
import { accounts } from './accounts.svelte';
import { orders } from './orders.svelte';
import { newKey } from './wires';

export type { Outcome } from '../core/pending';

/** One command a slot: a second press while the first is in flight is the first. */
const flights = new SvelteMap<string, Promise<Outcome>>();

/** Whether a command is in flight in this slot. Reactive. */
export function busy(slot: string): boolean {
  return flights.has(slot);
}

/** Slot `place`. */
export function place(body: PlaceOrderBody): Promise<Outcome> {
  return once('place', () => orders.press(body));
}

/** Slot `amend:<order id>`. */
export function amend(orderId: string, body: AmendOrderBody): Promise<Outcome> {
  const path = { order_id: orderId };
  return command(`amend:${orderId}`, (asked) => api.patch('/api/orders/{order_id}', { path, body, ...asked }));
}

/** Slot `cancel:<order id>`. */
export function cancel(orderId: string): Promise<Outcome> {
  const path = { order_id: orderId };
  return command(`cancel:${orderId}`, (asked) => api.delete('/api/orders/{order_id}', { path, ...asked }));
}

/** Slot `cancel_all:<account>:<symbol>`; the symbol is empty for all. */
export function cancelAll(account: string, symbol?: string): Promise<Outcome> {
  const query = symbol === undefined ? { account } : { account, symbol };
  return command(`cancel_all:${account}:${symbol ?? ''}`, (asked) => api.delete('/api/orders', { query, ...asked }));
}

/** Slot `close:<account>:<symbol>:<side>`; the side is empty where none was given. */
export function close(body: ClosePositionBody): Promise<Outcome> {
  return command(`close:${leg(body)}`, (asked) => api.post('/api/positions/close', { body, ...asked }));
}

/** Slot `reverse:<account>:<symbol>:<side>`. */
export function reverse(body: ReverseBody): Promise<Outcome> {
  return command(`reverse:${leg(body)}`, (asked) => api.post('/api/positions/reverse', { body, ...asked }));
}

/** Slot `protect:<account>:<symbol>:<side>`. */
export function protect(body: ProtectionBody): Promise<Outcome> {
  return command(`protect:${leg(body)}`, (asked) => api.put('/api/positions/protection', { body, ...asked }));
}

/** Slot `flatten:<account>:<symbol>`; the symbol is empty for all. */
export function flatten(body: FlattenBody): Promise<Outcome> {
  return command(`flatten:${body.account}:${body.symbol ?? ''}`, (asked) =>
    api.post('/api/flatten', { body, ...asked }),
  );
}

/** Slot `leverage:<account>:<symbol>`. */
export function setLeverage(body: LeverageBody): Promise<Outcome> {
  return command(`leverage:${body.account}:${body.symbol}`, (asked) => api.put('/api/leverage', { body, ...asked }));
}

/** Slot `trading_state:<account>`. */
export function setTradingState(body: TradingStateBody): Promise<Outcome> {
  return ruling(`trading_state:${body.account}`, (asked) => api.put('/api/trading-state', { body, ...asked }));
}

/** Slot `limits:<account>`. */
export function setLimits(body: LimitsBody): Promise<Outcome> {
  return ruling(`limits:${body.account}`, (asked) => api.put('/api/limits', { body, ...asked }));
}

/** Sends nothing; of an aborted question the answer is a problem of kind `network`. */
export async function preview(body: PlaceOrderBody, signal: AbortSignal): Promise<Preview | Problem> {
  const answer = await api.post('/api/orders/preview', { body, signal, timeoutMs: ASK_MS });
  return answer.ok ? answer.body : answer.problem;
}

type Send = (asked: { key: string; timeoutMs: number }) => Promise<Answer<CommandResult | RulesView>>;

function command(slot: string, send: Send): Promise<Outcome> {
  return once(slot, async () => {
    const key = newKey();
    const outcome = await untilAnswered(() => send({ key, timeoutMs: ASK_MS }), browserTiming);
    for (const order of [outcome.order, ...(outcome.orders ?? [])]) if (order !== undefined) orders.hear(order);
    accounts.soon();
    return outcome;
  });
}

/** Limits and trading states are shown by what the desk then says they are. */
function ruling(slot: string, send: Send): Promise<Outcome> {
  return once(slot, async () => {
    const key = newKey();
    const outcome = await untilAnswered(() => send({ key, timeoutMs: ASK_MS }), browserTiming);
    await accounts.refresh();
    return outcome;
  });
}

function once(slot: string, begin: () => Promise<Outcome>): Promise<Outcome> {
  const inFlight = flights.get(slot);
  if (inFlight !== undefined) return inFlight;
  const flight = begin().finally(() => flights.delete(slot));
  flights.set(slot, flight);
  return flight;
}

function leg({ account, symbol, side }: { account: string; symbol: string; side?: string | null }): string {
  return `${account}:${symbol}:${side ?? ''}`;
}
