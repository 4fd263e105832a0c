import Big from 'big.js';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { changeOf, entryOf, onRightSide, priceOf, type Protected } from '../../../src/core/protect_entry';

const LONG: Protected = { side: 'long', base: '0.5', entry: '60000', tick: '0.1' };
const SHORT: Protected = { ...LONG, side: 'short' };

describe('an entry', () => {
  it('in percent is a gain for a take profit and a loss for a stop loss', () => {
    expect(priceOf('2', 'percent', 'take_profit', LONG)).toBe('61200');
    expect(priceOf('1', 'percent', 'stop_loss', LONG)).toBe('59400');
    expect(priceOf('2', 'percent', 'take_profit', SHORT)).toBe('58800');
    expect(priceOf('1', 'percent', 'stop_loss', SHORT)).toBe('60600');
  });

  it('in money is what it brings or costs', () => {
    expect(priceOf('100', 'pnl', 'take_profit', LONG)).toBe('60200');
    expect(priceOf('100', 'pnl', 'stop_loss', LONG)).toBe('59800');
    expect(priceOf('100', 'pnl', 'stop_loss', SHORT)).toBe('60200');
  });

  it('of a loss below zero is a profit that is kept', () => {
    expect(priceOf('-1', 'percent', 'stop_loss', LONG)).toBe('60600');
    expect(priceOf('-100', 'pnl', 'stop_loss', SHORT)).toBe('59800');
  });

  it.each(['', '-', 'x', '1e5'])('means nothing as %j', (typed) => {
    expect(priceOf(typed, 'percent', 'take_profit', LONG)).toBeNull();
  });

  it('is no price of zero or less', () => {
    expect(priceOf('0', 'price', 'stop_loss', LONG)).toBeNull();
    expect(priceOf('-5', 'price', 'stop_loss', LONG)).toBeNull();
    expect(priceOf('100', 'percent', 'stop_loss', LONG)).toBeNull();
  });

  it('comes back to the same price through money, within a cent of it', () => {
    const ticks = fc.integer({ min: 100_000, max: 900_000 });
    const kind = fc.constantFrom('take_profit' as const, 'stop_loss' as const);
    fc.assert(
      fc.property(ticks, kind, fc.constantFrom(LONG, SHORT), (count, of_, held) => {
        const price = new Big(count).times('0.1').toFixed();
        const back = priceOf(entryOf(price, 'pnl', of_, held), 'pnl', of_, held);
        expect(new Big(back ?? '0').minus(price).abs().lte('0.1')).toBe(true);
      }),
    );
  });
});

it('a take profit lies ahead of the mark, a stop loss behind', () => {
  expect(onRightSide('61000', 'take_profit', 'long', '60000')).toBe(true);
  expect(onRightSide('61000', 'stop_loss', 'long', '60000')).toBe(false);
  expect(onRightSide('61000', 'stop_loss', 'short', '60000')).toBe(true);
  expect(onRightSide('60000', 'take_profit', 'short', '60000')).toBe(false);
});

it('only what changes is sent, and "0" clears', () => {
  const now = { take_profit: '63000', stop_loss: null };
  expect(changeOf(now, { take_profit: '63000.0', stop_loss: null })).toBeNull();
  expect(changeOf(now, { take_profit: null, stop_loss: null })).toEqual({ take_profit: '0' });
  expect(changeOf(now, { take_profit: '63000', stop_loss: '58000' })).toEqual({ stop_loss: '58000' });
  expect(changeOf(now, { take_profit: '62000', stop_loss: null })).toEqual({ take_profit: '62000' });
});
