/** What a row says of an order: its kind, its state in a word, and what is being done about a doubt. */

import type { AccountView, InstrumentView, Order, OrderType, Side, Status, TriggerBy } from '../../core/wire';
import { mul, shown } from '../../core/money';
import { hasEnded } from '../../core/reduce';

export type Kind = 'limit' | 'market' | 'stop' | 'stop_limit' | 'take_profit' | 'take_profit_limit';

interface Conditional {
  readonly side: Side;
  readonly type: OrderType;
  readonly role?: string | null;
  readonly trigger_price?: string | null;
  readonly trigger_by?: TriggerBy | null;
  readonly trigger_ascending?: boolean | null;
}

/** A conditional order is a stop where the price has to go against its side's wish to trigger it. */
export function kindOf(order: Conditional): Kind {
  if (!order.trigger_price) return order.type;
  const adverse = order.role ? order.role === 'stop_loss' : order.trigger_ascending === (order.side === 'buy');
  if (order.type === 'market') return adverse ? 'stop' : 'take_profit';
  return adverse ? 'stop_limit' : 'take_profit_limit';
}

export type State = Status | 'sending' | 'checking' | 'cancel_requested' | 'amend_requested';

interface Pressed {
  readonly order: Order;
  readonly sending: boolean;
  readonly checking: boolean;
}

const REFUSED = new Set<Status>(['denied', 'not_placed', 'rejected']);

/** Whether the order was never at work, by the desk's no, the exchange's no or proof. */
export function wasRefused(order: Order): boolean {
  return REFUSED.has(order.status);
}

/** Whether the exchange ended it by itself before it was at work: a post-only order that would have traded, for one. */
export function wasTurnedAway(order: Order): boolean {
  return order.status === 'canceled' && !order.cancel_requested && (order.reason ?? '').startsWith('EC_');
}

/** The one word for a row; `canceling` and `amending` are this page's own commands on their way. */
export function stateOf(row: Pressed, canceling: boolean, amending: boolean): State {
  if (row.checking) return 'checking';
  if (row.sending) return 'sending';
  if (hasEnded(row.order) || row.order.status === 'in_doubt') return row.order.status;
  if (canceling || row.order.cancel_requested) return 'cancel_requested';
  if (amending || row.order.amend_requested) return 'amend_requested';
  return row.order.status;
}

/** How the resolver settles doubts: this long after a request's deadline, absence can be proven. */
const ABSENCE_MARGIN_MS = 2_000;

export interface Doubt {
  readonly sentMs: number;
  /** From when on absence can be proven; `null` where the exchange cannot prove it. */
  readonly provableMs: number | null;
  readonly provable: 'later' | 'now' | 'never';
}

/** What is being done about an order in doubt; `null` for any other. */
export function doubtOf(order: Order, account: AccountView | undefined, nowMs: number): Doubt | null {
  if (order.status !== 'in_doubt') return null;
  const sentMs = order.created_ms;
  if (account?.capabilities?.proves_absence === false) return { sentMs, provableMs: null, provable: 'never' };
  const provableMs = (order.deadline_ms || order.created_ms) + ABSENCE_MARGIN_MS;
  return { sentMs, provableMs, provable: nowMs < provableMs ? 'later' : 'now' };
}

/** An exchange's id as a name: `bybit` is Bybit. */
export function exchangeName(account: AccountView | undefined): string {
  const id = account?.exchange ?? '';
  return id ? id.charAt(0).toUpperCase() + id.slice(1) : '?';
}

/** Contracts as coins, where the contract is known; otherwise the contracts themselves. */
export function sizeOf(contracts: string, instrument: InstrumentView | undefined): { value: string; unit: string } {
  if (!instrument) return { value: contracts, unit: '' };
  return { value: mul(contracts, instrument.contract_size), unit: instrument.base };
}

/** The same in words: `0.5 BTC`. */
export function sizeWords(contracts: string, instrument: InstrumentView | undefined): string {
  const { value, unit } = sizeOf(contracts, instrument);
  return `${shown(value)} ${unit}`.trim();
}

export interface Age {
  readonly unit: 'seconds' | 'minutes' | 'hours' | 'days';
  readonly n: number;
}

/** How old something is, in its largest whole unit. */
export function ageOf(sinceMs: number, nowMs: number): Age {
  const seconds = Math.max(Math.floor((nowMs - sinceMs) / 1000), 0);
  if (seconds < 100) return { unit: 'seconds', n: seconds };
  if (seconds < 100 * 60) return { unit: 'minutes', n: Math.floor(seconds / 60) };
  if (seconds < 48 * 3600) return { unit: 'hours', n: Math.floor(seconds / 3600) };
  return { unit: 'days', n: Math.floor(seconds / 86_400) };
}

/** How much of an order is filled, as a share of 100 for a bar's width. */
export function filledShare(order: Order): number {
  const amount = Number(order.amount);
  return amount > 0 ? Math.min((Number(order.filled) / amount) * 100, 100) : 0;
}

export type Group = 'all' | 'working' | 'waiting' | 'unsure';

const GROUP_OF: Partial<Record<Status, Group>> = {
  open: 'working',
  partially_filled: 'working',
  accepted: 'working',
  untriggered: 'waiting',
};

/** Working at the exchange, waiting for a trigger, or not settled yet. */
export function inGroup(row: Pressed, group: string): boolean {
  if (group === 'all') return true;
  const own =
    row.sending || row.checking || row.order.quarantined ? 'unsure' : (GROUP_OF[row.order.status] ?? 'unsure');
  return own === group;
}
