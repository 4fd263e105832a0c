/** An order book as rows to show: grouped by a step of price, summed from the best outward, and held still while it is pointed at. */

import Big from 'big.js';
import type { Level, OrderBook } from './wire';

export type BookSide = 'ask' | 'bid';

export interface LadderRow {
  readonly price: string;
  /** Contracts at this price, or in this group; `0` where a held row has nothing left. */
  readonly size: string;
  /** Contracts from the best price to here. */
  readonly total: string;
  /** `total` as a share of the largest total shown, 0 to 1: pixels, not money. */
  readonly depth: number;
  /** Contracts of our own living orders here; null for none. */
  readonly own: string | null;
}

export interface Ladder {
  /** Best first. */
  readonly asks: readonly LadderRow[];
  readonly bids: readonly LadderRow[];
  readonly bestAsk: string | null;
  readonly bestBid: string | null;
  readonly spread: string | null;
}

/** Our own living limit orders at a price. */
export interface OwnOrder {
  readonly side: 'buy' | 'sell';
  readonly price: string;
  readonly amount: string;
}

/** Which prices stand on the rows while the ladder is held. */
export interface HeldPrices {
  readonly asks: readonly string[];
  readonly bids: readonly string[];
}

const MULTIPLES = ['1', '2', '5', '10', '20', '50', '100', '200', '500', '1000'];

/** The steps that a book can be grouped by, finest first: 1, 2, 5, 10 … ticks, up to a hundredth of the price. */
export function groupings(tick: string, price: string | null): string[] {
  const steps = MULTIPLES.map((multiple) => new Big(tick).times(multiple));
  const coarsest = price === null ? null : new Big(price).div(100);
  return steps.filter((step, i) => i === 0 || coarsest === null || step.lte(coarsest)).map((step) => step.toFixed());
}

interface Asked {
  readonly step: string;
  readonly rows: number;
  readonly own: readonly OwnOrder[];
  /** How prices are written: as many decimals as the tick has. */
  readonly decimals: number;
}

/** The book as rows: bids grouped down, asks up, so that no group looks better than it is. */
export function ladderOf(book: OrderBook, asked: Asked): Ladder {
  const asks = grouped(book.asks, 'ask', asked);
  const bids = grouped(book.bids, 'bid', asked);
  return assembled(
    book,
    asked,
    [...asks.keys()].slice(0, asked.rows),
    [...bids.keys()].slice(0, asked.rows),
    asks,
    bids,
  );
}

/** The same prices on the same rows, with what is there now. The best prices and the spread stay true. */
export function heldLadder(book: OrderBook, asked: Asked, held: HeldPrices): Ladder {
  return assembled(
    book,
    asked,
    held.asks,
    held.bids,
    grouped(book.asks, 'ask', asked),
    grouped(book.bids, 'bid', asked),
  );
}

export function pricesOf(ladder: Ladder): HeldPrices {
  return { asks: ladder.asks.map((row) => row.price), bids: ladder.bids.map((row) => row.price) };
}

type Sizes = ReadonlyMap<string, Big>;

function assembled(
  book: OrderBook,
  asked: Asked,
  askPrices: readonly string[],
  bidPrices: readonly string[],
  asks: Sizes,
  bids: Sizes,
): Ladder {
  const askRows = summed(askPrices, asks, ownSizes(asked, 'ask'));
  const bidRows = summed(bidPrices, bids, ownSizes(asked, 'bid'));
  const largest = [askRows.at(-1), bidRows.at(-1)].reduce(
    (most, row) => (row !== undefined && row.total.gt(most) ? row.total : most),
    new Big(0),
  );
  const bestAsk = book.asks[0]?.[0] ?? null;
  const bestBid = book.bids[0]?.[0] ?? null;
  return {
    asks: askRows.map((row) => shown(row, largest)),
    bids: bidRows.map((row) => shown(row, largest)),
    bestAsk,
    bestBid,
    spread: bestAsk === null || bestBid === null ? null : new Big(bestAsk).minus(bestBid).toFixed(),
  };
}

interface Summed {
  readonly price: string;
  readonly size: Big;
  readonly total: Big;
  readonly own: Big | undefined;
}

/** Totals from the best outward, over what stands on the rows. */
function summed(prices: readonly string[], sizes: Sizes, own: Sizes): Summed[] {
  let total = new Big(0);
  return prices.map((price) => {
    const size = sizes.get(price) ?? new Big(0);
    total = total.plus(size);
    return { price, size, total, own: own.get(price) };
  });
}

function shown(row: Summed, largest: Big): LadderRow {
  return {
    price: row.price,
    size: row.size.toFixed(),
    total: row.total.toFixed(),
    depth: largest.eq(0) ? 0 : row.total.div(largest).toNumber(),
    own: row.own === undefined ? null : row.own.toFixed(),
  };
}

/** Sizes by the price of their group, best first. */
function grouped(levels: readonly Level[], side: BookSide, asked: Asked): Sizes {
  const sizes = new Map<string, Big>();
  for (const [price, size] of levels) add(sizes, groupPrice(price, side, asked), size);
  return sizes;
}

function ownSizes(asked: Asked, side: BookSide): Sizes {
  const sizes = new Map<string, Big>();
  const wanted = side === 'ask' ? 'sell' : 'buy';
  for (const order of asked.own) {
    if (order.side === wanted) add(sizes, groupPrice(order.price, side, asked), order.amount);
  }
  return sizes;
}

function add(sizes: Map<string, Big>, price: string, size: string): void {
  sizes.set(price, (sizes.get(price) ?? new Big(0)).plus(size));
}

function groupPrice(price: string, side: BookSide, { step, decimals }: Asked): string {
  const rounding = side === 'ask' ? Big.roundUp : Big.roundDown;
  return new Big(price).div(step).round(0, rounding).times(step).toFixed(decimals);
}
