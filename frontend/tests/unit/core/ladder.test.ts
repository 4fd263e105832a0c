import Big from 'big.js';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { groupings, heldLadder, ladderOf, pricesOf, type OwnOrder } from '../../../src/core/ladder';
import { placesOf } from '../../../src/core/money';
import type { Level, OrderBook } from '../../../src/core/wire';

const TICK = '0.5';

function book(asks: Level[], bids: Level[]): OrderBook {
  return { kind: 'order_book', symbol: 'BTC/USDT:USDT', time_ms: 1, asks, bids };
}

function asked(step: string, rows = 10, own: readonly OwnOrder[] = []) {
  return { step, rows, own, decimals: placesOf(TICK) };
}

const size = fc.integer({ min: 1, max: 5_000 }).map((units) => new Big(units).div(1000).toFixed(3));
function side(from: number, direction: 1 | -1) {
  const away = fc.integer({ min: 0, max: 60 });
  return fc
    .uniqueArray(fc.tuple(away, size), { selector: ([ticks]) => ticks, maxLength: 40 })
    .map((levels) =>
      levels
        .sort(([a], [b]) => a - b)
        .map(([ticks, amount]): Level => [
          new Big(from).plus(new Big(TICK).times(ticks * direction)).toFixed(1),
          amount,
        ]),
    );
}
const anyBook = fc.tuple(side(1000.5, 1), side(1000, -1)).map(([asks, bids]) => book(asks, bids));
const step = fc.constantFrom(...groupings(TICK, '1000'));

function sum(sizes: readonly string[]): string {
  return sizes.reduce((total, each) => total.plus(each), new Big(0)).toFixed();
}

describe('groupings', () => {
  it('are ticks times 1, 2, 5, 10 …, up to a hundredth of the price', () => {
    expect(groupings('0.5', '1000')).toEqual(['0.5', '1', '2.5', '5', '10']);
    expect(groupings('0.1', '60000').at(-1)).toBe('100');
    expect(groupings('1', '2')).toEqual(['1']);
  });
});

describe('ladderOf', () => {
  it('loses nothing by grouping, and makes no price better than it is', () => {
    fc.assert(
      fc.property(anyBook, step, (given, by) => {
        const { asks, bids } = ladderOf(given, asked(by, 1000));
        expect(sum(asks.map((row) => row.size))).toBe(sum(given.asks.map(([, amount]) => amount)));
        expect(sum(bids.map((row) => row.size))).toBe(sum(given.bids.map(([, amount]) => amount)));
        if (asks[0] !== undefined) expect(new Big(asks[0].price).gte(given.asks[0]?.[0] ?? 0)).toBe(true);
        if (bids[0] !== undefined) expect(new Big(bids[0].price).lte(given.bids[0]?.[0] ?? 0)).toBe(true);
      }),
    );
  });

  it('sums outward; the deepest total fills its bar', () => {
    fc.assert(
      fc.property(anyBook, step, fc.integer({ min: 1, max: 15 }), (given, by, rows) => {
        const ladder = ladderOf(given, asked(by, rows));
        for (const half of [ladder.asks, ladder.bids]) {
          expect(half.length).toBeLessThanOrEqual(rows);
          half.forEach((row, i) => {
            expect(row.total).toBe(sum(half.slice(0, i + 1).map((each) => each.size)));
            expect(row.depth).toBeGreaterThan(0);
            expect(row.depth).toBeLessThanOrEqual(1);
          });
        }
        const depths = [...ladder.asks, ...ladder.bids].map((row) => row.depth);
        if (depths.length > 0) expect(Math.max(...depths)).toBe(1);
      }),
    );
  });

  it('marks our own orders on the level of their group', () => {
    const given = book(
      [
        ['1000.5', '1'],
        ['1001', '2'],
      ],
      [
        ['1000', '3'],
        ['999', '4'],
      ],
    );
    const own: OwnOrder[] = [
      { side: 'buy', price: '999.5', amount: '0.2' },
      { side: 'buy', price: '999', amount: '0.1' },
      { side: 'sell', price: '1000.5', amount: '0.3' },
    ];
    const fine = ladderOf(given, asked('0.5', 10, own));
    expect(fine.asks.map((row) => row.own)).toEqual(['0.3', null]);
    expect(fine.bids.map((row) => row.own)).toEqual([null, '0.1']);
    expect(ladderOf(given, asked('1', 10, own)).bids.map((row) => [row.price, row.own])).toEqual([
      ['1000.0', null],
      ['999.0', '0.3'],
    ]);
  });

  it('tells the spread by the true best prices, whatever the grouping', () => {
    const ladder = ladderOf(book([['1000.5', '1']], [['1000', '3']]), asked('10'));
    expect([ladder.bestBid, ladder.bestAsk, ladder.spread]).toEqual(['1000', '1000.5', '0.5']);
    expect(ladderOf(book([], [['1000', '3']]), asked('10')).spread).toBe(null);
  });
});

describe('heldLadder', () => {
  it('keeps every price on its row while the book moves, and shows what is there now', () => {
    fc.assert(
      fc.property(anyBook, anyBook, step, (before, now, by) => {
        const held = pricesOf(ladderOf(before, asked(by)));
        const ladder = heldLadder(now, asked(by), held);
        expect(pricesOf(ladder)).toEqual(held);
        const whole = ladderOf(now, asked(by, 1000));
        for (const row of ladder.asks) {
          expect(row.size).toBe(whole.asks.find((each) => each.price === row.price)?.size ?? '0');
        }
        expect(ladder.spread).toBe(whole.spread);
      }),
    );
  });

  it('is the same ladder while nothing moves', () => {
    fc.assert(
      fc.property(anyBook, step, (given, by) => {
        const ladder = ladderOf(given, asked(by));
        expect(heldLadder(given, asked(by), pricesOf(ladder))).toEqual(ladder);
      }),
    );
  });
});
