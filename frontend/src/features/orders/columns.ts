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
}

export const NEWEST_FIRST: SortBy = { column: 'age', descending: true };

export const COLUMNS: readonly OrderColumn[] = [
  { key: 'side', width: '60px', kind: 'text', value: ({ order }) => order.side },
  { key: 'symbol', width: 'minmax(94px, 1fr)', kind: 'text', value: ({ order }) => shortName(order.symbol) },
  { key: 'type', width: '80px', kind: 'text', value: ({ order }) => kindOf(order) },
  {
    key: 'price',
    width: '96px',
    align: 'end',
    kind: 'decimal',
    moves: true,
    value: ({ order }) => order.price ?? null,
  },
  {
    key: 'trigger',
    width: '90px',
    align: 'end',
    kind: 'decimal',
    moves: true,
    value: ({ order }) => order.trigger_price ?? null,
  },
  { key: 'amount', width: '84px', align: 'end', kind: 'decimal', moves: true, value: ({ order }) => order.amount },
  { key: 'filled', width: '84px', kind: 'decimal', moves: true, value: ({ order }) => order.filled },
  { key: 'protection', width: '108px', kind: 'text', sortable: false, value: () => null },
  { key: 'status', width: '100px', kind: 'text', moves: true, value: ({ order }) => order.status },
  { key: 'marks', width: '104px', kind: 'text', sortable: false, value: () => null },
  { key: 'account', width: 'minmax(116px, 1fr)', kind: 'text', value: ({ order }) => order.account },
  { key: 'age', width: '58px', align: 'end', kind: 'count', value: ({ order }) => order.created_ms },
  { key: 'actions', width: '40px', align: 'end', kind: 'text', sortable: false, sticky: true, value: () => null },
];

interface Head {
  readonly key: string;
  readonly label: string;
  readonly width: string;
  readonly align?: 'end';
  readonly sortable: boolean;
  readonly sticky: boolean;
}

/** As the table takes them; without `triggers`, no column for what no order has. */
export function headed(triggers: boolean): Head[] {
  return COLUMNS.filter(({ key }) => triggers || key !== 'trigger').map(
    ({ key, width, align, sortable = true, sticky = false }) => ({
      key,
      width,
      sortable,
      sticky,
      ...(align ? { align } : {}),
      label: tOr(`orders.column.${key}`, key),
    }),
  );
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
