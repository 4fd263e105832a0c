import type { PageName } from '../state/routes';

/** The pages that a wide window shows as tabs beneath the chart, so that trading goes on above them. */
export const WORKSPACE = ['positions', 'orders', 'fills', 'closed', 'equity'] as const;

export type WorkspacePage = (typeof WORKSPACE)[number];

/** Whether a wide window shows the trading screen for this page. */
export function isTrading(page: PageName): boolean {
  return page === 'trade' || page === 'order' || WORKSPACE.some((name) => name === page);
}
