/** Live prices, books, trades and candles. */
import { SvelteMap } from 'svelte/reactivity';
import { MarketFeed, type Watcher } from '../core/market_feed';
import { browserTiming } from '../core/timing';
import type { Candle, OrderBook, PublicTrade, Ticker, Topic } from '../core/wire';
import { link } from './link.svelte';
import { session } from './session.svelte';
import { nextFrame, openWire } from './wires';

export interface MarketKey {
  account: string;
  symbol: string;
}

export interface CandleKey extends MarketKey {
  interval: string;
}

export interface Watched<Value> {
  readonly value: Value | null;
  readonly receivedMs: number;
}

const TRADES_SHOWN = 50;
const told = link.part('market');

export const marketFeed = new MarketFeed(
  '/ws/market',
  { phase: (phase) => told(phase === 'open' ? 'live' : 'down'), signedOut: () => session.end() },
  openWire,
  browserTiming,
  nextFrame,
);

class Cell {
  ticker = $state.raw<(Ticker & { receivedMs: number }) | null>(null);
}

class Tickers {
  #cells = new SvelteMap<string, Cell>();

  /** Of those watched anywhere on the page. */
  get(account: string, symbol: string): (Ticker & { receivedMs: number }) | null {
    return this.#cells.get(`${account}|${symbol}`)?.ticker ?? null;
  }

  /** Until the returned function is called; `heard` is told of each. */
  watch(
    account: string,
    symbol: string,
    heard: (ticker: Ticker, receivedMs: number) => void = () => undefined,
  ): () => void {
    const key = `${account}|${symbol}`;
    let cell = this.#cells.get(key);
    if (cell === undefined) this.#cells.set(key, (cell = new Cell()));
    const into = cell;
    return marketFeed.watch({ account, symbol, channel: 'ticker' }, ([item], receivedMs) => {
      if (item?.kind !== 'ticker') return;
      into.ticker = { ...item, receivedMs };
      heard(item, receivedMs);
    });
  }
}

export const tickers = new Tickers();

/** To be called while a component is made; so are the others. */
export function watchTicker(key: () => MarketKey | null): Watched<Ticker> {
  const account = $derived(key()?.account);
  const symbol = $derived(key()?.symbol);
  $effect(() => {
    if (account === undefined || symbol === undefined) return;
    return tickers.watch(account, symbol);
  });
  const ticker = $derived(account === undefined || symbol === undefined ? null : tickers.get(account, symbol));
  return {
    get value() {
      return ticker;
    },
    get receivedMs() {
      return ticker?.receivedMs ?? 0;
    },
  };
}

export function watchBook(key: () => MarketKey | null): Watched<OrderBook> {
  let value = $state.raw<OrderBook | null>(null);
  let receivedMs = $state(0);
  watch(
    () => topicOf(key(), 'order_book'),
    ([item], atMs) => {
      if (item?.kind !== 'order_book') return;
      value = item;
      receivedMs = atMs;
    },
    () => {
      value = null;
      receivedMs = 0;
    },
  );
  return {
    get value() {
      return value;
    },
    get receivedMs() {
      return receivedMs;
    },
  };
}

export function watchTrades(key: () => MarketKey | null): {
  readonly items: readonly PublicTrade[];
  readonly receivedMs: number;
} {
  let items = $state.raw<readonly PublicTrade[]>([]);
  let receivedMs = $state(0);
  watch(
    () => topicOf(key(), 'trades'),
    (fresh, atMs) => {
      const newest = fresh.filter((item) => item.kind === 'trade').reverse();
      items = [...newest, ...items].slice(0, TRADES_SHOWN);
      receivedMs = atMs;
    },
    () => {
      items = [];
      receivedMs = 0;
    },
  );
  return {
    get items() {
      return items;
    },
    get receivedMs() {
      return receivedMs;
    },
  };
}

export function watchCandles(key: () => CandleKey | null): {
  readonly last: Candle | null;
  readonly receivedMs: number;
} {
  let last = $state.raw<Candle | null>(null);
  let receivedMs = $state(0);
  watch(
    () => {
      const asked = key();
      return asked && { account: asked.account, symbol: asked.symbol, channel: 'candles', interval: asked.interval };
    },
    ([item], atMs) => {
      if (item?.kind !== 'candle') return;
      last = item;
      receivedMs = atMs;
    },
    () => {
      last = null;
      receivedMs = 0;
    },
  );
  return {
    get last() {
      return last;
    },
    get receivedMs() {
      return receivedMs;
    },
  };
}

function topicOf(key: MarketKey | null, channel: Topic['channel']): Topic | null {
  return key && { account: key.account, symbol: key.symbol, channel };
}

/** Follows the topic as it changes; what is shown of the old one is cleared first. */
function watch(topic: () => Topic | null, watcher: Watcher, clear: () => void): void {
  const wanted = $derived(JSON.stringify(topic())); // text, so that an equal topic is no change
  $effect(() => {
    clear();
    const now = JSON.parse(wanted) as Topic | null;
    if (now !== null) return marketFeed.watch(now, watcher);
    return undefined;
  });
}
