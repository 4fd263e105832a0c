import type { Width } from './viewport.svelte';

/** What is fetched when it is first shown, so that the first paint waits for none of it. */
export const loadBelow = () => import('./Below.svelte');
export const loadBook = () => import('../features/book/Book.svelte');
/** The drawing beneath the chart comes beside it, not after it. */
export const loadChart = () => {
  import('../features/chart/view').catch(() => undefined); // asked for again, and heeded, by the chart itself
  return import('../features/chart/Chart.svelte');
};
export const loadOrders = () => import('../features/orders/Orders.svelte');
export const loadPanic = () => import('../features/panic/Panic.svelte');
export const loadPositions = () => import('../features/positions/Positions.svelte');
export const loadStory = () => import('../features/orders/OrderStory.svelte');
export const loadTicketSheet = () => import('../features/ticket/TicketSheet.svelte');
export const loadTrades = () => import('../features/trades/Trades.svelte');

/** What is not trading; `limits` beside them takes an account. */
export const PAGES = {
  accounts: () => import('../features/accounts/Accounts.svelte'),
  closed: () => import('../features/orders/ClosedOrders.svelte'),
  devices: () => import('../features/devices/Devices.svelte'),
  equity: () => import('../features/equity/Equity.svelte'),
  fills: () => import('../features/fills/Fills.svelte'),
  more: () => import('../features/more/More.svelte'),
  notices: () => import('../features/notices/Notices.svelte'),
  settings: () => import('../features/settings/Settings.svelte'),
};

export const loadLimits = () => import('../features/limits/Limits.svelte');

export const loadShell = {
  tablet: () => import('./Tablet.svelte'),
  desktop: () => import('./Desktop.svelte'),
};

/** Begins to fetch what the trading page will ask for, while the desk is still asked who this is. */
export function ahead(width: Width): void {
  const parts = width === 'phone' ? [loadBelow, loadTicketSheet] : [loadShell[width]];
  for (const load of [...parts, loadChart]) load().catch(() => undefined); // whoever shows it says so
}
