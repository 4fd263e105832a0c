/** Addresses of the page, and what they mean. */

export type PageName =
  | 'trade'
  | 'positions'
  | 'orders'
  | 'order'
  | 'closed'
  | 'fills'
  | 'equity'
  | 'accounts'
  | 'devices'
  | 'notices'
  | 'settings'
  | 'limits'
  | 'more';

export interface Place {
  page: PageName;
  /** An order's id, or an account's name. */
  param: string | null;
  /** Only in `/trade/<account>/<symbol>`. */
  market: { account: string; symbol: string } | null;
}

const PLAIN: readonly PageName[] = [
  'positions',
  'orders',
  'closed',
  'fills',
  'equity',
  'accounts',
  'devices',
  'notices',
  'settings',
  'more',
];

/** Whatever is not known is the trading page. */
export function placeOf(path: string): Place {
  const [first = '', second, ...rest] = path.split('/').slice(1).map(decoded);
  if (first === 'trade' && second && rest.length > 0 && rest[0])
    return { page: 'trade', param: null, market: { account: second, symbol: rest.join('/') } };
  if (first === 'orders' && second) return { page: 'order', param: second, market: null };
  if (first === 'limits') return { page: 'limits', param: second || null, market: null };
  const page = PLAIN.find((name) => name === first) ?? 'trade';
  return { page, param: null, market: null };
}

export function tradePath(account: string, symbol: string): string {
  return `/trade/${encodeURIComponent(account)}/${encodeURIComponent(symbol)}`;
}

function decoded(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    return part; // a lone % that somebody typed
  }
}
