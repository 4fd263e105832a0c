/** The columns of the living orders: what they are called, how wide they are and by what they are sorted. */

import { tOr } from '../../core/i18n';
import { shortName } from '../../core/names';
import type { SortableColumn, SortBy } from '../../core/grid_rows';
import type { OrderRow } from '../../state/orders.svelte';
import { kindOf } from './order_facts';

interface OrderColumn extends SortableColumn<OrderRow> {
  readonly width: string;
  readonly align?: 'end';
  readonly sortable?: boolean;
  readonly sticky?: boolean;
  /** What is compared may change in the life of a row. */
  readonly moves?: boolean;
  /** There only while an order has something in it. */
  readonly filledBy?: (row: OrderRow) => boolean;
}

export const NEWEST_FIRST: SortBy = { column: 'age', descending: true };

export const COLUMNS: readonly OrderColumn[] = [
  { key: 'side', width: '58px', kind: 'text', value: ({ order }) => order.side },
  { key: 'symbol', width: 'minmax(98px, 1fr)', kind: 'text', value: ({ order }) => shortName(order.symbol) },
  { key: 'type', width: '90px', kind: 'text', value: ({ order }) => kindOf(order) },
  {
    key: 'price',
    width: '90px',
    align: 'end',
    kind: 'decimal',
    moves: true,
    value: ({ order }) => order.price ?? null,
  },
  {
    key: 'trigger',
    width: '84px',
    align: 'end',
    kind: 'decimal',
    moves: true,
    filledBy: ({ order }) => order.trigger_price != null,
    value: ({ order }) => order.trigger_price ?? null,
  },
  { key: 'amount', width: '76px', align: 'end', kind: 'decimal', moves: true, value: ({ order }) => order.amount },
  { key: 'filled', width: '76px', kind: 'decimal', moves: true, value: ({ order }) => order.filled },
  {
    key: 'protection',
    width: '122px',
    kind: 'text',
    sortable: false,
    filledBy: ({ order }) => order.take_profit != null || order.stop_loss != null,
    value: () => null,
  },
  { key: 'status', width: '92px', kind: 'text', moves: true, value: ({ order }) => order.status },
  { key: 'marks', width: '140px', kind: 'text', sortable: false, value: () => null },
  { key: 'account', width: 'minmax(104px, 1fr)', kind: 'text', value: ({ order }) => order.account },
  { key: 'age', width: '54px', align: 'end', kind: 'count', value: ({ order }) => order.created_ms },
  { key: 'actions', width: '36px', align: 'end', kind: 'text', sortable: false, sticky: true, value: () => null },
];

interface Head {
  readonly key: string;
  readonly label: string;
  readonly width: string;
  readonly align?: 'end';
  readonly sortable: boolean;
  readonly sticky: boolean;
}

/** The keys of the columns without which these orders lose nothing. */
export function needless(rows: readonly OrderRow[]): ReadonlySet<string> {
  return new Set(COLUMNS.filter(({ filledBy }) => filledBy && !rows.some(filledBy)).map(({ key }) => key));
}

/** As the table takes them, without the columns that are left out. */
export function headed(left: ReadonlySet<string>): Head[] {
  return COLUMNS.filter(({ key }) => !left.has(key)).map(({ key, width, align, sortable = true, sticky = false }) => ({
    key,
    width,
    sortable,
    sticky,
    ...(align ? { align } : {}),
    label: tOr(`orders.column.${key}`, key),
  }));
}

/** The texts in which a filter's words are looked for. */
export function textsOf({ order }: OrderRow): (string | null)[] {
  return [
    order.symbol,
    shortName(order.symbol),
    order.account,
    order.side,
    kindOf(order),
    order.order_id,
    order.exchange_order_id,
    order.client_order_id,
  ];
}
