import Big from 'big.js';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  figuresOf,
  percentBetween,
  priceAtPercent,
  priceForPnl,
  sizeOfPosition,
  unrealised,
} from '../../../src/core/position_figures';
import type { Position } from '../../../src/core/wire';

const LONG: Position = {
  account: 'sim',
  symbol: 'BTC/USDT:USDT',
  side: 'long',
  amount: '0.5',
  entry: '59800',
  exchange_amount: '0.5',
  exchange_entry: '59800',
  exchange_updated_ms: 1,
  discrepancy: null,
  fees: {},
  hedged: false,
  last_fill: 1,
  leverage: '10',
  liquidation_price: '54210',
  maintenance_margin: null,
  margin: '2990',
  margin_mode: 'cross',
  mark: '59800',
  realised_pnl: '0',
  stop_loss: null,
  take_profit: null,
  updated_ms: 1,
  version: 1,
};
const BTC = { contract_size: '1', price_tick: '0.1', taker_fee: '0.00055', settle: 'USDT', quote: 'USDT' };
const price = fc.integer({ min: 1, max: 10_000_000 }).map((ticks) => new Big(ticks).times('0.01').toFixed());
const amount = fc.integer({ min: 1, max: 1_000_000 }).map((lots) => new Big(lots).times('0.001').toFixed());

describe('sizeOfPosition', () => {
  it('is what the exchange says, where it has said', () => {
    expect(sizeOfPosition({ amount: '0.5', exchange_amount: '0.4', discrepancy: '-0.1' })).toBe('0.4');
  });
  it('else the fold and what it is known to miss', () => {
    expect(sizeOfPosition({ amount: '0.5', exchange_amount: null, discrepancy: null })).toBe('0.5');
    expect(sizeOfPosition({ amount: '0.5', exchange_amount: null, discrepancy: '-0.2' })).toBe('0.3');
  });
});

describe('figuresOf', () => {
  it('reckons a long at the mark', () => {
    expect(figuresOf(LONG, BTC, '59697.8')).toEqual({
      size: '0.5',
      base: '0.5',
      entry: '59800',
      notional: '29848.9',
      pnl: '-51.1',
      roe: '-1.71',
      liquidationDistance: '9.19',
      breakEven: '59865.9',
    });
  });

  it('reckons a short in contracts of a tenth', () => {
    const short = { ...LONG, side: 'short' as const, exchange_amount: '5', liquidation_price: '65000' };
    const figures = figuresOf(short, { ...BTC, contract_size: '0.1' }, '60000');
    expect(figures).toMatchObject({
      base: '0.5',
      pnl: '-100',
      roe: '-3.34',
      liquidationDistance: '8.33',
      breakEven: '59734.2',
    });
  });

  it('says nothing that it cannot reckon', () => {
    expect(figuresOf(LONG, BTC, null)).toMatchObject({
      pnl: null,
      roe: null,
      notional: null,
      liquidationDistance: null,
    });
    expect(figuresOf(LONG, undefined, '60000')).toMatchObject({ size: '0.5', base: null, pnl: null });
    expect(figuresOf(LONG, { ...BTC, settle: 'BTC', quote: 'USD' }, '60000')).toMatchObject({ base: null, pnl: null });
    expect(figuresOf({ ...LONG, entry: null, exchange_entry: null }, BTC, '60000')).toMatchObject({
      pnl: null,
      breakEven: null,
    });
    expect(figuresOf({ ...LONG, leverage: null, margin: null }, BTC, '60000')).toMatchObject({ pnl: '100', roe: null });
  });

  it('takes the margin where the leverage is not told', () => {
    expect(figuresOf({ ...LONG, leverage: null, margin: '1000' }, BTC, '60000').roe).toBe('10.00');
  });

  it('is at the liquidation price when it is there, and beyond', () => {
    expect(figuresOf(LONG, BTC, '54210').liquidationDistance).toBe('0.00');
    expect(figuresOf(LONG, BTC, '54000').liquidationDistance).toBe('0.00');
  });
});

describe('profit', () => {
  it('of one side is the loss of the other', () => {
    fc.assert(
      fc.property(amount, price, price, (base, entry, mark) => {
        const long = unrealised('long', base, entry, mark);
        expect(new Big(long).plus(unrealised('short', base, entry, mark)).eq(0)).toBe(true);
        expect(new Big(long).eq(new Big(unrealised('long', base, mark, entry)).times(-1))).toBe(true);
      }),
    );
  });

  it('at break-even pays both fees, and hardly more', () => {
    fc.assert(
      fc.property(
        amount,
        fc.integer({ min: 100_000, max: 900_000 }),
        fc.constantFrom('long', 'short'),
        (base, ticks, side) => {
          const entry = new Big(ticks).times('0.1').toFixed();
          const { breakEven } = figuresOf({ ...LONG, side, exchange_amount: base, entry }, BTC, entry);
          const net = (at: Big): Big =>
            new Big(unrealised(side, base, entry, at.toFixed())).minus(at.plus(entry).times(base).times('0.00055'));
          const even = new Big(breakEven ?? '0');
          expect(net(even).gte(0)).toBe(true);
          expect(net(even.plus(side === 'long' ? '-0.1' : '0.1')).lt(0)).toBe(true);
        },
      ),
    );
  });

  it('asked for is met within half a tick', () => {
    fc.assert(
      fc.property(
        fc.constantFrom('long', 'short'),
        amount,
        price,
        fc.integer({ min: -5, max: 50 }),
        (side, base, entry, percent) => {
          const wanted = new Big(entry).times(base).times(percent).div(100).toFixed();
          const at = priceForPnl(side, base, entry, wanted, '0.01');
          fc.pre(at !== null);
          const off = new Big(unrealised(side, base, entry, at ?? '0')).minus(wanted).abs();
          expect(off.lte(new Big(base).times('0.005').plus('1e-9'))).toBe(true);
        },
      ),
    );
  });
});

it('prices by percent lie on the tick, on the side that was asked for', () => {
  expect(priceAtPercent('59729', '2', true, '0.1')).toBe('60923.6');
  expect(priceAtPercent('59729', '1', false, '0.1')).toBe('59131.7');
  expect(priceAtPercent('59729', '100', false, '0.1')).toBeNull();
  expect(priceForPnl('long', '0', '100', '5', '0.1')).toBeNull();
  expect(percentBetween('60000', '61200')).toBe('2.00');
  expect(percentBetween('60000', '57000')).toBe('-5.00');
  expect(percentBetween('0', '57000')).toBeNull();
});
