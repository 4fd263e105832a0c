/** What stands on the chart besides candles: the lines of living orders, of the position and of their take profits and stops. */

import Big from 'big.js';
import { sizeOfPosition, unrealised } from '../../core/position_figures';
import type { InstrumentView, Order, Position, PositionSide, Status } from '../../core/wire';

export type LineKind = 'limit' | 'trigger' | 'entry' | 'take_profit' | 'stop_loss';

/** What a dragged line changes. */
export type Target =
  | {
      readonly of: 'order';
      readonly orderId: string;
      readonly field: 'price' | 'trigger_price' | 'take_profit' | 'stop_loss';
    }
  | {
      readonly of: 'position';
      readonly account: string;
      readonly symbol: string;
      readonly side: PositionSide;
      readonly field: 'take_profit' | 'stop_loss';
    };

export interface Line {
  /** Stays for as long as the line means the same thing. */
  readonly id: string;
  readonly kind: LineKind;
  readonly direction: 'buy' | 'sell' | PositionSide;
  readonly price: string;
  /** In base currency; contracts where the instrument is not known. */
  readonly size: string;
  /** What reaching the line would bring, in the settle currency; of an entry, what the position has made. */
  readonly pnl: string | null;
  /** Base currency and entry that `pnl` is reckoned from, for a line on its way elsewhere. */
  readonly basis: { readonly side: PositionSide; readonly base: string; readonly entry: string } | null;
  /** Sent, in doubt, or being changed: drawn dashed. */
  readonly unsure: boolean;
  /** What a drag changes; null for what cannot be moved. */
  readonly target: Target | null;
  /** The order that its cancel button ends. */
  readonly cancels: string | null;
  /** Of the order or position: a change of it is the exchange's word. */
  readonly version: number;
}

/** An order as the page holds it: pressed ones too. */
export interface LiveOrder {
  readonly key: string;
  readonly order: Order;
  readonly sending: boolean;
  readonly checking: boolean;
}

export interface LivePosition {
  readonly position: Position;
  readonly pnl: string | null;
}

const LIVING: ReadonlySet<Status> = new Set<Status>([
  'pending',
  'in_doubt',
  'accepted',
  'untriggered',
  'open',
  'partially_filled',
]);
const WORKING: ReadonlySet<Status> = new Set<Status>(['untriggered', 'open', 'partially_filled']);

/** Every line of one account and symbol, positions first. */
export function linesOf(
  orders: readonly LiveOrder[],
  positions: readonly LivePosition[],
  instrument: InstrumentView | undefined,
): Line[] {
  const ofPositions = positions.flatMap((each) => positionLines(each, instrument));
  const drawn = new Set(ofPositions.map((line) => `${line.kind}:${plain(line.price)}`));
  const ofOrders = orders
    .filter(({ order }) => LIVING.has(order.status))
    .filter(
      ({ order }) => !(order.role && order.trigger_price && drawn.has(`${order.role}:${plain(order.trigger_price)}`)),
    )
    .flatMap((each) => orderLines(each, instrument));
  return [...ofPositions, ...ofOrders];
}

/** Lines of orders drawn at most: more would cover the chart, and each other. */
export const DRAWN = 16;

/** Those of positions, and of the others the nearest to a price; how many are left out. In the order given. */
export function nearest(lines: readonly Line[], price: string | null, most = DRAWN): { drawn: Line[]; left: number } {
  const ofOrders = lines.filter((line) => line.id.startsWith('order:'));
  if (ofOrders.length <= most) return { drawn: [...lines], left: 0 };
  const from = new Big(price ?? ofOrders[0]?.price ?? 0);
  const far = ofOrders
    .map((line) => ({ line, distance: new Big(line.price).minus(from).abs() }))
    .sort((a, b) => a.distance.cmp(b.distance))
    .slice(most);
  const out = new Set(far.map(({ line }) => line));
  return { drawn: lines.filter((line) => !out.has(line)), left: out.size };
}

/** What a line would bring at another price; null where that is not to be reckoned. */
export function pnlAt(line: Line, price: string): string | null {
  return line.basis === null ? null : unrealised(line.basis.side, line.basis.base, line.basis.entry, price);
}

function plain(price: string): string {
  return new Big(price).toFixed();
}

function positionLines({ position, pnl }: LivePosition, instrument: InstrumentView | undefined): Line[] {
  const entry = position.entry ?? position.exchange_entry;
  const contracts = sizeOfPosition(position);
  if (entry === null || new Big(contracts).eq(0)) return [];
  const { account, symbol, side, version } = position;
  const size = baseAmount(contracts, instrument);
  const basis = isLinear(instrument) ? { side, base: size, entry } : null;
  const common = { direction: side, size, unsure: false, cancels: null, version };
  const id = `position:${side}`;
  const lines: Line[] = [{ ...common, id, kind: 'entry', price: entry, pnl, basis: null, target: null }];
  for (const field of ['take_profit', 'stop_loss'] as const) {
    const price = position[field];
    if (price === null || new Big(price).eq(0)) continue;
    const target: Target = { of: 'position', account, symbol, side, field };
    lines.push({ ...common, id: `${id}:${field}`, kind: field, price, pnl: bring(basis, price), basis, target });
  }
  return lines;
}

function orderLines({ key, order, sending, checking }: LiveOrder, instrument: InstrumentView | undefined): Line[] {
  const working = WORKING.has(order.status) && !sending;
  const contracts = new Big(order.remaining).gt(0) ? order.remaining : order.amount;
  const size = baseAmount(contracts, instrument);
  const common = {
    direction: order.side,
    size,
    unsure: !working || checking || order.amend_requested || order.cancel_requested,
    version: order.version,
  };
  const main = mainPrice(order);
  const lines: Line[] = [];
  if (main !== null) {
    const target: Target | null = working ? { of: 'order', orderId: order.order_id, field: main.field } : null;
    const cancels = working || order.status === 'accepted' ? order.order_id : null;
    const kind = order.role === 'take_profit' || order.role === 'stop_loss' ? order.role : main.kind;
    lines.push({ ...common, id: `order:${key}`, kind, price: main.price, pnl: null, basis: null, target, cancels });
  }
  const entry = order.price ?? order.trigger_price ?? order.average ?? null;
  const side: PositionSide = order.side === 'buy' ? 'long' : 'short';
  const basis = isLinear(instrument) && entry !== null ? { side, base: size, entry } : null;
  for (const field of ['take_profit', 'stop_loss'] as const) {
    const price = order[field];
    if (!price || new Big(price).eq(0)) continue;
    const target: Target | null = working ? { of: 'order', orderId: order.order_id, field } : null;
    const pnl = bring(basis, price);
    lines.push({ ...common, id: `order:${key}:${field}`, kind: field, price, pnl, basis, target, cancels: null });
  }
  return lines;
}

interface MainPrice {
  readonly kind: 'limit' | 'trigger';
  readonly field: 'price' | 'trigger_price';
  readonly price: string;
}

/** Where an order waits: a conditional one at its trigger until that is pulled, then at its limit. */
function mainPrice(order: Order): MainPrice | null {
  const waits = order.status === 'untriggered' || !WORKING.has(order.status);
  if (order.trigger_price && (waits || !order.price)) {
    return { kind: 'trigger', field: 'trigger_price', price: order.trigger_price };
  }
  return order.price ? { kind: 'limit', field: 'price', price: order.price } : null;
}

function bring(basis: Line['basis'], price: string): string | null {
  return basis === null ? null : unrealised(basis.side, basis.base, basis.entry, price);
}

function isLinear(instrument: InstrumentView | undefined): boolean {
  return instrument !== undefined && instrument.quote === instrument.settle;
}

function baseAmount(contracts: string, instrument: InstrumentView | undefined): string {
  return instrument === undefined ? contracts : new Big(contracts).times(instrument.contract_size).toFixed();
}
