import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { placeOf, tradePath } from '../../../src/state/routes';

describe('placeOf', () => {
  it.each([
    ['/', 'trade', null],
    ['/positions', 'positions', null],
    ['/orders', 'orders', null],
    ['/orders/01J9ZK', 'order', '01J9ZK'],
    ['/closed', 'closed', null],
    ['/limits', 'limits', null],
    ['/limits/bybit%20main', 'limits', 'bybit main'],
    ['/settings/', 'settings', null],
    ['/nothing-here', 'trade', null],
    ['/trade/sim', 'trade', null],
  ])('reads %s', (path, page, param) => {
    expect(placeOf(path)).toEqual({ page, param, market: null });
  });

  it('reads a market whose symbol has slashes, however a proxy passed them on', () => {
    const market = { account: 'sim', symbol: 'BTC/USDT:USDT' };
    expect(placeOf('/trade/sim/BTC%2FUSDT%3AUSDT').market).toEqual(market);
    expect(placeOf('/trade/sim/BTC/USDT:USDT').market).toEqual(market);
  });

  it('takes a lone percent sign as it stands', () => {
    expect(placeOf('/limits/100%').param).toBe('100%');
  });

  it('reads every path that tradePath writes', () => {
    const text = fc.string({ unit: 'grapheme', minLength: 1 });
    fc.assert(
      fc.property(text, text, (account, symbol) => {
        fc.pre(symbol.split('/')[0] !== '');
        expect(placeOf(tradePath(account, symbol)).market).toEqual({ account, symbol });
      }),
    );
  });
});
