/** What a destination can be told of, and what it is where nothing was chosen. */
import type { NoticeKind } from '../../core/wire';

export const KINDS: readonly NoticeKind[] = [
  'fill',
  'stop',
  'liquidation',
  'in_doubt',
  'rejected',
  'discrepancy',
  'stream',
];

/** Whoever places an order is told of its refusal at once. */
export const SHIPPED: readonly NoticeKind[] = KINDS.filter((kind) => kind !== 'rejected');

/** In the order that all have. */
export function withKind(kinds: readonly NoticeKind[], kind: NoticeKind, chosen: boolean): NoticeKind[] {
  return KINDS.filter((each) => (each === kind ? chosen : kinds.includes(each)));
}
