/** Where the user is: the address, and the market that was chosen last. */
import { placeOf, tradePath, type PageName, type Place } from './routes';

export type { PageName } from './routes';

const MARKET_KEY = 'hedgerow.market';

class Route {
  #place = $state.raw<Place>(placeOf(location.pathname));
  #market = $state.raw<{ account: string; symbol: string } | null>(remembered());

  constructor() {
    this.#enter();
    addEventListener('popstate', () => this.#enter());
  }

  get page(): PageName {
    return this.#place.page;
  }

  get param(): string | null {
    return this.#place.param;
  }

  get market(): { account: string; symbol: string } | null {
    return this.#market;
  }

  /** Goes to an address of the page; the way back stays, unless `replace`. */
  go(path: string, { replace = false } = {}): void {
    if (path === location.pathname) return;
    if (replace) history.replaceState(null, '', path);
    else history.pushState(null, '', path);
    this.#enter();
  }

  back(): void {
    if (history.length > 1) history.back();
    else this.go('/', { replace: true });
  }

  /** Chooses a market, and stays at this address. */
  choose(market: { account: string; symbol: string }): void {
    if (market.account === this.#market?.account && market.symbol === this.#market.symbol) return;
    this.#market = market;
    localStorage.setItem(MARKET_KEY, JSON.stringify(market));
  }

  #enter(): void {
    this.#place = placeOf(location.pathname);
    if (this.#place.market !== null) this.choose(this.#place.market);
  }
}

export const route = new Route();

/** The market that is looked at; it stays chosen on every page. */
export const selection = {
  get account(): string | null {
    return route.market?.account ?? null;
  },
  get symbol(): string | null {
    return route.market?.symbol ?? null;
  },
};

/** Chooses a market and shows it. */
export function select(account: string, symbol: string, { replace = false } = {}): void {
  route.go(tradePath(account, symbol), { replace });
}

/** A click on a link of the page's own, without leaving the page. For the document's click listener. */
export function followLink(event: MouseEvent): void {
  if (event.defaultPrevented || event.button !== 0) return;
  if (event.metaKey || event.ctrlKey || event.shiftKey || event.altKey) return;
  const link = event.target instanceof Element ? event.target.closest('a') : null;
  if (link === null || link.origin !== location.origin) return;
  if (link.target !== '' || link.hasAttribute('download') || /^\/(api|assets)\//.test(link.pathname)) return;
  event.preventDefault();
  route.go(link.pathname);
}

function remembered(): { account: string; symbol: string } | null {
  try {
    const said: unknown = JSON.parse(localStorage.getItem(MARKET_KEY) ?? 'null');
    if (typeof said !== 'object' || said === null || !('account' in said) || !('symbol' in said)) return null;
    const { account, symbol } = said;
    return typeof account === 'string' && typeof symbol === 'string' ? { account, symbol } : null;
  } catch {
    return null;
  }
}
