/** Whether a row has more to say than its figures, and what its last command met. */

import type { Problem } from '../../core/problem';
import type { OrderRow } from '../../state/orders.svelte';

/** The press's own problem, or that of the last command on the order. */
export function problemOfRow(row: OrderRow, refused: ReadonlyMap<string, Problem>): Problem | null {
  return row.problem ?? refused.get(row.order.order_id) ?? null;
}

export function saysMore(row: OrderRow, refused: ReadonlyMap<string, Problem>): boolean {
  return row.checking || row.order.status === 'in_doubt' || problemOfRow(row, refused) !== null;
}
