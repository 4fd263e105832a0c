/** What of history is asked for: the fields of the filter bar, as a query of the API and of its CSV twin. */

export interface HistoryFilter {
  readonly account: string;
  readonly symbol: string;
  readonly side: '' | 'buy' | 'sell';
  /** One status, or empty for all that have ended; orders only. */
  readonly status: string;
  /** Days of this browser's calendar, `2026-11-23`, both included. */
  readonly since: string;
  readonly until: string;
  readonly search: string;
}

export const NO_FILTER: HistoryFilter = {
  account: '',
  symbol: '',
  side: '',
  status: '',
  since: '',
  until: '',
  search: '',
};

/** Statuses of orders that have ended. */
export const ENDED = ['filled', 'canceled', 'expired', 'rejected', 'denied', 'not_placed'] as const;

export type HistoryQuery = Record<string, string | number | readonly string[]>;

/** Without what is empty. `withStatus` is for orders: those that have ended, or the one status that was chosen. */
export function queryOf(filter: HistoryFilter, withStatus: boolean): HistoryQuery {
  const query: HistoryQuery = {};
  for (const name of ['account', 'symbol', 'side'] as const) if (filter[name]) query[name] = filter[name];
  const search = filter.search.trim();
  if (search) query['search'] = search;
  const since = dayStart(filter.since, 0);
  const until = dayStart(filter.until, 1);
  if (since !== null) query['since'] = since;
  if (until !== null) query['until'] = until; // the API's is without its end
  if (withStatus) query['status'] = filter.status ? [filter.status] : ENDED;
  return query;
}

const PAGE = 100;

/** The query of one page of the list; `null` is the first. */
export function pageOf(query: HistoryQuery, page: string | null): HistoryQuery {
  return { ...query, limit: PAGE, ...(page === null ? {} : { page }) };
}

/** Where the same rows are to be had as a file. */
export function csvPath(path: '/api/fills.csv' | '/api/orders.csv', query: HistoryQuery): string {
  const params = new URLSearchParams();
  for (const [name, value] of Object.entries(query)) {
    for (const each of Array.isArray(value) ? value : [value]) params.append(name, String(each));
  }
  const asked = params.toString();
  return asked ? `${path}?${asked}` : path;
}

/** When a day begins in this browser's time zone, in ms; `null` for what is no day. */
function dayStart(day: string, later: number): number | null {
  const [, year, month, date] = /^(\d{4})-(\d\d)-(\d\d)$/.exec(day) ?? [];
  if (!year || !month || !date) return null;
  return new Date(Number(year), Number(month) - 1, Number(date) + later).getTime();
}
