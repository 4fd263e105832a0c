import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { baseOf, matches, partsOf, ranked, shortName } from '../../../src/core/names';

const coin = fc.stringMatching(/^[A-Z0-9]{1,6}$/);
const date = fc
  .record({
    y: fc.integer({ min: 24, max: 40 }),
    m: fc.integer({ min: 1, max: 12 }),
    d: fc.integer({ min: 1, max: 28 }),
  })
  .map(({ y, m, d }) => [y, m, d].map((part) => String(part).padStart(2, '0')).join(''));
const symbol = fc
  .tuple(coin, coin, coin, fc.option(date, { nil: null }))
  .map(([base, quote, settle, expiry]) => `${base}/${quote}:${settle}${expiry === null ? '' : `-${expiry}`}`);

describe('shortName', () => {
  it.each([
    ['BTC/USDT:USDT', 'BTC-PERP'],
    ['1000PEPE/USDT:USDT', '1000PEPE-PERP'],
    ['BTC/USDC:USDC', 'BTC/USDC-PERP'],
    ['BTC/USD:BTC', 'BTC/USD:BTC-PERP'],
    ['BTC/USDT:USDT-261225', 'BTC-25DEC26'],
    ['ETH/USDC:USDC-260327', 'ETH/USDC-27MAR26'],
    ['BTC/USDT:USDT-261225-60000-C', 'BTC-25DEC26-60000-C'],
    ['BTC/USDT:USDT-261325', 'BTC-261325'],
    ['BTCUSDT', 'BTCUSDT'],
  ])('%s is %s', (long, short) => {
    expect(shortName(long)).toBe(short);
  });

  it('gives no two symbols one name', () => {
    fc.assert(fc.property(symbol, symbol, (a, b) => a === b || shortName(a) !== shortName(b)));
  });

  it('keeps the parts of a symbol apart', () => {
    fc.assert(
      fc.property(symbol, (text) => {
        const parts = partsOf(text);
        const expiry = parts?.expiry == null ? '' : `-${parts.expiry}`;
        expect(`${parts?.base}/${parts?.quote}:${parts?.settle}${expiry}`).toBe(text);
        expect(baseOf(text)).toBe(parts?.base);
      }),
    );
  });
});

describe('search', () => {
  it.each([
    ['btc', true],
    ['BTC-PERP', true],
    ['btc usdt', true],
    ['btcusdt', true],
    ['', true],
    ['eth', false],
    ['btc eth', false],
  ])('%j finds BTC/USDT:USDT: %s', (query, found) => {
    expect(matches(query, 'BTC/USDT:USDT', 'BTCUSDT')).toBe(found);
  });

  it('lists the coin itself first, then what begins with it', () => {
    const listed = ['BTCDOM/USDT:USDT', 'WBTC/USDT:USDT', 'BTC/USDT:USDT', 'BTC/USDT:USDT-261225'];
    expect(
      ranked(
        'btc',
        listed.map((each) => ({ symbol: each })),
      ).map((each) => each.symbol),
    ).toEqual(['BTC/USDT:USDT', 'BTC/USDT:USDT-261225', 'BTCDOM/USDT:USDT', 'WBTC/USDT:USDT']);
  });
});
