/** The living orders, one signal a row; and those that were only pressed yet. */
import { api } from '../core/api';
import { Pressed, type Outcome } from '../core/pending';
import { asPressed } from '../core/pressed_order';
import type { Answer, Problem } from '../core/problem';
import { hasEnded, OrderFold } from '../core/reduce';
import { Store } from '../core/store';
import { browserTiming } from '../core/timing';
import type { Order, PlaceOrderBody, StreamEvent } from '../core/wire';
import { newKey, nextFrame } from './wires';

const RECENT = 200;
/** Of orders that a new snapshot does not hold any more, so many are asked about; the rest is in the past's list. */
const LOST_ASKED = 20;
const SEND_MS = 15_000;

export class OrderRow {
  /** Stays when the pressed order becomes known: for keyed lists. */
  readonly key: string;
  /** The order id; the Idempotency-Key while it is only pressed. */
  id = $state('');
  order = $state.raw<Order>() as Order;
  /** Pressed, no word yet. */
  sending = $state(false);
  /** No answer in 5 s: being asked for by its key. */
  checking = $state(false);
  problem = $state.raw<Problem | null>(null);

  constructor(key: string, order: Order) {
    this.key = key;
    this.id = order.order_id;
    this.order = order;
  }
}

/** Told of an order that has changed: as it was, where it was known, and as it is. */
export type OrderListener = (before: Order | undefined, after: Order) => void;

class Orders {
  /** Living and sending, the newest first; a new array only when the membership changes. */
  rows = $state.raw<readonly OrderRow[]>([]);
  /** Ended within this page's life, newest first, at most 200. */
  recent = $state.raw<readonly OrderRow[]>([]);
  readonly #byId = new Map<string, OrderRow>();
  readonly #pressed = new Map<string, { row: OrderRow; pressed: Pressed }>();
  readonly #listeners = new Set<OrderListener>();
  /** As they were last known: orders that ended while nobody told this page. */
  readonly #lost = new Map<string, Order>();
  readonly #store = new Store<Order, OrderFold>(new OrderFold(), nextFrame, (changed) => this.#flush(changed));

  get(id: string): OrderRow | undefined {
    // the map is no signal; the arrays that are change with it
    return this.rows.length + this.recent.length > 0 ? this.#byId.get(id) : undefined;
  }

  ofSymbol(account: string, symbol: string): readonly OrderRow[] {
    return this.rows.filter((row) => row.order.account === account && row.order.symbol === symbol);
  }

  begin(snapshot: readonly Order[]): void {
    const living = new Set(snapshot.map(({ order_id }) => order_id));
    const lost = this.rows.map(({ order }) => order).filter(({ order_id }) => order_id && !living.has(order_id));
    this.#store.begin(snapshot);
    this.#lost.clear();
    for (const order of lost.slice(0, LOST_ASKED)) void this.#askWhatBecameOf(order);
  }

  apply(events: readonly StreamEvent[]): void {
    this.#store.apply(events);
  }

  /** The desk's answer to a command. */
  hear(order: Order): void {
    this.#store.touch(this.#store.fold.hear(order));
  }

  listen(listener: OrderListener): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** Shows the order as sending, and sends it once. */
  press(body: PlaceOrderBody): Promise<Outcome> {
    const key = newKey();
    const row = new OrderRow(key, asPressed(body, key, browserTiming.nowMs()));
    row.sending = true;
    this.#byId.set(key, row);
    this.rows = [row, ...this.rows];
    const pressed = new Pressed(
      {
        send: () => api.post('/api/orders', { body, key, timeoutMs: SEND_MS }),
        find: () => this.#find(body.account, key),
        heard: (order) => this.hear(order),
        moved: (phase, problem) => this.#onMoved(row, phase, problem),
      },
      browserTiming,
    );
    this.#pressed.set(key, { row, pressed });
    pressed.press();
    return pressed.outcome;
  }

  async #find(account: string, key: string): Promise<Answer<Order | null>> {
    const known = [...this.#byId.values()].find((row) => row.order.idempotency_key === key && row.order.version > 0);
    if (known !== undefined) return { ok: true, status: 200, body: known.order };
    const answer = await api.get('/api/orders', { query: { account, limit: 100 } });
    if (!answer.ok) return answer;
    const found = answer.body.orders.find((order) => order.idempotency_key === key);
    return { ok: true, status: 200, body: found ?? null };
  }

  /** The end of an order that a snapshot no longer holds: events would have told it. */
  async #askWhatBecameOf(before: Order): Promise<void> {
    const answer = await api.get('/api/orders/{order_id}', { path: { order_id: before.order_id } });
    if (!answer.ok || !hasEnded(answer.body.order)) return; // living still: of an account that was removed
    this.#lost.set(before.order_id, before);
    this.hear(answer.body.order);
  }

  #onMoved(row: OrderRow, phase: Pressed['phase'], problem: Problem | null): void {
    row.sending = phase === 'sending' || phase === 'checking';
    row.checking = phase === 'checking';
    row.problem = problem;
    if (phase === 'sending' || phase === 'checking' || phase === 'known') return;
    if (phase === 'absent') row.order = { ...row.order, status: 'not_placed' };
    if (row.id !== row.key) return; // the desk knows it, and the stream moves it
    this.rows = this.rows.filter((each) => each !== row);
    if (phase === 'absent') this.recent = [row, ...this.recent].slice(0, RECENT);
    else if (problem?.order === null) this.#drop(row); // no order came of it: the ticket says why
  }

  #flush(changed: ReadonlySet<string>): void {
    const gone: OrderRow[] = [];
    const living: OrderRow[] = [];
    const ended: OrderRow[] = [];
    for (const id of changed) {
      const order = this.#store.fold.get(id);
      const row = this.#byId.get(id);
      if (order === undefined) {
        if (row !== undefined) gone.push(row);
        continue;
      }
      const before = row?.order ?? this.#lost.get(id);
      this.#lost.delete(id);
      const now = row ?? this.#adopt(order);
      now.order = order;
      if (before === undefined || hasEnded(before) !== hasEnded(order)) (hasEnded(order) ? ended : living).push(now);
      this.#tell(now, before, order);
    }
    this.#arrange(gone, living, ended);
  }

  /** The row of an order that is heard of for the first time: the pressed one's, where there is one. */
  #adopt(order: Order): OrderRow {
    const row = this.#pressed.get(order.idempotency_key ?? '')?.row ?? new OrderRow(order.order_id, order);
    this.#byId.delete(row.id);
    row.id = order.order_id;
    this.#byId.set(order.order_id, row);
    return row;
  }

  #tell(row: OrderRow, before: Order | undefined, after: Order): void {
    this.#pressed.get(row.key)?.pressed.seen(after);
    if (after.status !== 'pending') this.#pressed.delete(row.key);
    for (const listener of this.#listeners) listener(before, after);
  }

  #arrange(gone: readonly OrderRow[], living: readonly OrderRow[], ended: readonly OrderRow[]): void {
    if (gone.length + living.length + ended.length === 0) return;
    for (const row of gone) this.#drop(row);
    const moved = new Set([...gone, ...living, ...ended]);
    const stays = this.rows.filter((row) => !moved.has(row));
    this.rows = [...stays, ...living].sort(newestFirst);
    const recent = [...[...ended].reverse(), ...this.recent.filter((row) => !moved.has(row))];
    for (const row of recent.slice(RECENT)) this.#drop(row);
    this.recent = recent.slice(0, RECENT);
  }

  #drop(row: OrderRow): void {
    this.#byId.delete(row.id);
    this.#pressed.delete(row.key);
  }
}

export const orders = new Orders();

function newestFirst(a: OrderRow, b: OrderRow): number {
  return b.order.created_ms - a.order.created_ms || (a.id < b.id ? 1 : -1);
}
