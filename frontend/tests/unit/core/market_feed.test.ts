import { beforeEach, describe, expect, test } from 'vitest';
import { MarketFeed, type MarketItem } from '../../../src/core/market_feed';
import type { PublicTrade, Ticker } from '../../../src/core/wire';
import { Wires } from './scripted_wire';
import { Frames, VirtualTiming } from './virtual_timing';

const SYMBOL = 'BTC/USDT:USDT';
const TICKER = { account: 'sim', channel: 'ticker', symbol: SYMBOL } as const;
const BOOK = { account: 'sim', channel: 'order_book', symbol: SYMBOL } as const;
const TRADES = { account: 'sim', channel: 'trades', symbol: SYMBOL } as const;
const CANDLES = { account: 'sim', channel: 'candles', symbol: SYMBOL, interval: '1m' } as const;

const ticker = (last: string): Ticker => ({ kind: 'ticker', symbol: SYMBOL, last }) as Ticker;
const trade = (trade_id: string): PublicTrade => ({ kind: 'trade', symbol: SYMBOL, trade_id }) as PublicTrade;

let timing: VirtualTiming;
let wires: Wires;
let frames: Frames;
let feed: MarketFeed;
let signedOut: number;

beforeEach(() => {
  [timing, wires, frames, signedOut] = [new VirtualTiming(), new Wires(), new Frames(), 0];
  const ends = { phase: () => undefined, signedOut: () => void (signedOut += 1) };
  feed = new MarketFeed('/ws/market', ends, wires.open, timing, frames.next);
  feed.line.start();
});

function watch(topic: Parameters<MarketFeed['watch']>[0]): { got: MarketItem[][]; leave: () => void } {
  const got: MarketItem[][] = [];
  return { got, leave: feed.watch(topic, (items) => got.push([...items])) };
}

function says(...frames_: object[]): void {
  wires.last.say({ items: frames_ });
}

describe('topics', () => {
  test('are asked for once, however many watch, and left with the last', () => {
    wires.last.open();
    const first = watch(TICKER);
    const second = watch(TICKER);
    first.leave();
    first.leave();
    expect(wires.last.said).toEqual([{ subscribe: TICKER }]);
    second.leave();
    expect(wires.last.said.at(-1)).toEqual({ unsubscribe: TICKER });
  });

  test('are asked for again by each new socket', () => {
    watch(TICKER);
    watch(CANDLES);
    wires.last.open();
    wires.last.breakOff();
    timing.pass(0);
    wires.last.open();
    expect(wires.all.length).toBe(2);
    expect(wires.last.said).toEqual([{ subscribe: TICKER }, { subscribe: CANDLES }]);
  });

  test('are told apart by account, symbol, channel and interval', () => {
    wires.last.open();
    const one = watch(CANDLES);
    const other = watch({ ...CANDLES, interval: '5m' });
    says({ ...CANDLES, interval: '5m', item: { kind: 'candle', start_ms: 1 } });
    frames.paint();
    expect([one.got.length, other.got.length]).toEqual([0, 1]);
  });
});

describe('what comes', () => {
  beforeEach(() => wires.last.open());

  test('is told once a frame, the latest alone', () => {
    const { got } = watch(TICKER);
    for (const last of ['1', '2', '3']) says({ ...TICKER, item: ticker(last) });
    expect([frames.count, got]).toEqual([1, []]);
    frames.paint();
    expect(got).toEqual([[ticker('3')]]);
  });

  test('of trades is told whole, in order, and no trade twice', () => {
    const { got } = watch(TRADES);
    says({ ...TRADES, item: trade('1') }, { ...TRADES, item: trade('2') });
    frames.paint();
    says({ ...TRADES, item: trade('2') }, { ...TRADES, item: trade('3') }, { ...TRADES, item: trade('3') });
    frames.paint();
    expect(got).toEqual([[trade('1'), trade('2')], [trade('3')]]);
  });

  test('is told at once to who comes later', () => {
    watch(TICKER);
    says({ ...TICKER, item: ticker('1') });
    frames.paint();
    expect(watch(TICKER).got).toEqual([[ticker('1')]]);
  });

  test('is not told to who has left', () => {
    const { got, leave } = watch(TICKER);
    says({ ...TICKER, item: ticker('1') });
    leave();
    frames.paint();
    says({ ...TICKER, item: ticker('2') });
    expect([got, frames.count]).toEqual([[], 0]);
  });

  test('may be a refusal of a topic, which changes nothing', () => {
    const { got } = watch(TICKER);
    wires.last.say({ problem: { code: 'unknown_symbol' }, topic: TICKER });
    expect([got, frames.count]).toEqual([[], 0]);
  });

  test('may be the end of the session', () => {
    wires.last.breakOff(4401);
    timing.pass(60_000);
    expect([signedOut, wires.all.length]).toEqual([1, 1]);
  });
});

describe('a page that nobody looks at', () => {
  beforeEach(() => {
    wires.last.open();
    watch(TICKER);
    watch(BOOK);
  });

  test('goes on with tickers alone after ten seconds, and with all when it is looked at', () => {
    feed.hide();
    wires.last.say({ pong: 1 });
    timing.pass(10_000);
    expect(wires.last.said.slice(2)).toEqual([{ unsubscribe: BOOK }]);
    feed.show();
    expect(wires.last.said.slice(3)).toEqual([{ subscribe: BOOK }]);
  });

  test('for a moment changes nothing', () => {
    feed.hide();
    timing.pass(3_000);
    feed.show();
    timing.pass(1_000);
    expect(wires.last.said.length).toBe(2);
  });

  test('asks a new socket for tickers alone', () => {
    feed.hide();
    wires.last.say({ pong: 1 });
    timing.pass(10_000);
    feed.line.redial(true);
    wires.last.open();
    watch(TRADES).leave();
    expect(wires.last.said).toEqual([{ subscribe: TICKER }]);
  });
});
