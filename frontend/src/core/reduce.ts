/**
 * The fold of events into orders and positions: one law with the desk's own.
 *
 * The higher `version` wins, so that a repeat is harmless in any order; an order that has ended leaves the living and may
 * come back by later evidence; a leg is held while it has a size, or a difference that nobody can explain.
 */
import { isZero } from './money';
import { sizeOfPosition } from './position_figures';
import type { Order, Position, Status, StreamEvent } from './wire';

const ENDS: ReadonlySet<Status> = new Set(['denied', 'not_placed', 'filled', 'canceled', 'expired', 'rejected']);
const ENDED_KEPT = 2_000;

/** What is folded from one stream. Keys name what changed. */
export interface Fold<Item> {
  /** A newer snapshot: what it does not hold is no more. */
  begin(snapshot: readonly Item[]): Iterable<string>;
  /** The key of what the event changed. */
  take(event: StreamEvent): string | null;
}

export function hasEnded(order: Pick<Order, 'status'>): boolean {
  return ENDS.has(order.status);
}

export class OrderFold implements Fold<Order> {
  readonly living = new Map<string, Order>();
  /** The last of those that ended, the newest last. */
  readonly ended = new Map<string, Order>();

  get(orderId: string): Order | undefined {
    return this.living.get(orderId) ?? this.ended.get(orderId);
  }

  begin(snapshot: readonly Order[]): Set<string> {
    const changed = new Set<string>();
    const kept = new Set(snapshot.map((order) => order.order_id));
    for (const orderId of this.living.keys()) {
      if (kept.has(orderId)) continue;
      this.living.delete(orderId);
      changed.add(orderId);
    }
    for (const order of snapshot) if (this.put(order)) changed.add(order.order_id);
    return changed;
  }

  take({ body }: StreamEvent): string | null {
    if (body.kind !== 'order_updated' || !('order' in body)) return null;
    return this.put(body.order) ? body.order.order_id : null;
  }

  /**
   * The desk's answer to a command: its own word, ahead of the stream and of no version of its own. It adds to what is
   * known at that version and never takes back a later one, nor an end.
   */
  hear(order: Order): string | null {
    const known = this.get(order.order_id);
    if (known !== undefined) {
      if (order.version < known.version || settled(order) < settled(known)) return null;
      if (hasEnded(known) && !hasEnded(order)) return null;
    }
    this.store(order);
    return order.order_id;
  }

  private put(order: Order): boolean {
    const known = this.get(order.order_id);
    if (known !== undefined && order.version <= known.version) return false;
    this.store(known === undefined ? order : withWord(order, known));
    return true;
  }

  private store(order: Order): void {
    this.ended.delete(order.order_id);
    if (!hasEnded(order)) {
      this.living.set(order.order_id, order);
      return;
    }
    this.living.delete(order.order_id);
    this.ended.set(order.order_id, order);
    if (this.ended.size > ENDED_KEPT) for (const oldest of this.ended.keys()) return void this.ended.delete(oldest);
  }
}

export class PositionFold implements Fold<Position> {
  /** Every leg that was heard of, flat ones too: an older record must not bring one back. */
  readonly legs = new Map<string, Position>();

  get(key: string): Position | undefined {
    return this.legs.get(key);
  }

  held(): Position[] {
    return [...this.legs.values()].filter(isHeld);
  }

  begin(snapshot: readonly Position[]): Set<string> {
    const changed = new Set<string>();
    const kept = new Set(snapshot.map(positionKey));
    for (const [key, leg] of this.legs) {
      if (kept.has(key) || !isHeld(leg)) continue;
      this.legs.delete(key);
      changed.add(key);
    }
    for (const position of snapshot) if (this.put(position)) changed.add(positionKey(position));
    return changed;
  }

  take({ body }: StreamEvent): string | null {
    if (body.kind !== 'position_updated' || !('position' in body)) return null;
    return this.put(body.position) ? positionKey(body.position) : null;
  }

  private put(position: Position): boolean {
    const key = positionKey(position);
    const known = this.legs.get(key);
    if (known !== undefined && position.version <= known.version) return false;
    this.legs.set(key, position);
    return true;
  }
}

export function positionKey(position: Pick<Position, 'account' | 'symbol' | 'side'>): string {
  return `${position.account}|${position.symbol}|${position.side}`;
}

/** Whether there is anything to show. */
export function isHeld(position: Position): boolean {
  return !isZero(sizeOfPosition(position)) || (position.discrepancy !== null && !isZero(position.discrepancy));
}

/** How much is known of what became of it: nothing, that nobody knows, something. It never grows less. */
function settled({ status }: Order): 0 | 1 | 2 {
  if (status === 'pending') return 0;
  return status === 'in_doubt' ? 1 : 2;
}

/** The stream may not have read yet what the desk was answered: its pending or doubt does not take that back. */
function withWord(order: Order, known: Order): Order {
  if (settled(order) >= settled(known)) return order;
  const { status, exchange_order_id, exchange_order_ids, refusal, reason } = known;
  return {
    ...order,
    status,
    exchange_order_id,
    exchange_order_ids,
    ...(refusal === undefined ? {} : { refusal }),
    ...(reason === undefined ? {} : { reason }),
  };
}
