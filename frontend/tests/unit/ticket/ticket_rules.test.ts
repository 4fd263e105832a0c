import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { fieldOf, lacks, marketPrice, referencePrice } from '../../../src/core/ticket_draft';
import type { TicketDraft, TicketField, TicketMarket } from '../../../src/core/ticket_draft';
import { rule } from '../../../src/core/ticket_rules';
import { BTC, CAPABILITIES, DRAFT, MARKET, TICKER } from './desk';

const with_ = (draft: Partial<TicketDraft>, market: Partial<TicketMarket> = {}) =>
  rule({ ...DRAFT, ...draft }, { ...MARKET, ...market });
const codes = (draft: Partial<TicketDraft>, market: Partial<TicketMarket> = {}) =>
  Object.fromEntries(Object.entries(with_(draft, market).errors).map(([field, note]) => [field, note.code]));

describe('what goes out', () => {
  it('of a limit order', () => {
    expect(with_({}).body).toEqual({
      account: 'sim',
      symbol: 'BTC/USDT:USDT',
      side: 'buy',
      type: 'limit',
      amount: '0.52',
      price: '59000',
      time_in_force: 'GTC',
      post_only: false,
      reduce_only: false,
      quantise: false,
    });
  });

  it('of a market order with TP and SL in percent', () => {
    const ruling = with_({ type: 'market', protect: true, protectUnit: 'percent', takeProfit: '2', stopLoss: '1' });
    expect(ruling.body).toMatchObject({ type: 'market', amount: '0.52', take_profit: '61200', stop_loss: '59400' });
    expect(ruling.body).not.toHaveProperty('price');
    expect(ruling.body).not.toHaveProperty('time_in_force');
  });

  it('of a stop, at the market or at a price', () => {
    const stop = { type: 'stop', trigger: '61000', triggerBy: 'mark', price: '' } as const;
    expect(with_(stop).body).toMatchObject({ type: 'market', trigger_price: '61000', trigger_by: 'mark' });
    expect(with_({ ...stop, price: '61010' }).body).toMatchObject({
      type: 'limit',
      price: '61010',
      trigger_price: '61000',
    });
  });

  it('leaves TP and SL out where they are switched off, or the order only reduces', () => {
    const typed = { takeProfit: '61000', stopLoss: '58000' };
    expect(with_(typed).body).not.toHaveProperty('take_profit');
    const reducing = with_({ ...typed, protect: true, reduceOnly: true }, { reducible: '1' });
    expect(reducing.body).toMatchObject({ reduce_only: true });
    expect(reducing.body).not.toHaveProperty('stop_loss');
  });

  it('is never more than what was typed is worth', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 10_000_000 }), (cents) => {
        const size = (cents / 100).toFixed(2);
        const { body, notional } = with_({ size, unit: 'quote' });
        fc.pre(body !== null);
        expect(Number(notional)).toBeLessThanOrEqual(Number(size));
      }),
    );
  });
});

describe('what stands in the way', () => {
  it.each<[string, Partial<TicketDraft>, Partial<TicketMarket>, Partial<Record<TicketField, string>>]>([
    ['no instrument', {}, { instrument: null }, { form: 'no_market' }],
    ['an inverse contract', {}, { instrument: { ...BTC, settle: 'BTC' } }, { form: 'inverse' }],
    ['no size', { size: '' }, {}, { size: 'missing_size' }],
    ['a size of nothing', { size: '0' }, {}, { size: 'missing_size' }],
    ['a size that is no number', { size: '1e5' }, {}, { size: 'not_a_number' }],
    ['less than a lot', { size: '0.0004' }, {}, { size: 'below_lot' }],
    ['less than the least', { size: '0.002' }, { instrument: { ...BTC, min_amount: '0.01' } }, { size: 'too_small' }],
    ['more than the most', { size: '1191' }, {}, { size: 'too_large' }],
    ['more than a market order takes', { type: 'market', size: '501' }, {}, { size: 'too_large' }],
    ['a worthless order', { size: '0.001', price: '4000' }, {}, { size: 'too_little_worth' }],
    ['over 100 %', { size: '101', unit: 'percent' }, {}, { size: 'over_all' }],
    ['percent of nothing known', { size: '10', unit: 'percent' }, { full: null }, { size: 'no_percent' }],
    ['quote without a price', { type: 'market', size: '10', unit: 'quote' }, { price: null }, { size: 'no_price' }],
    ['no price', { price: '' }, {}, { price: 'missing_price' }],
    ['a price off the tick', { price: '59000.05' }, {}, { price: 'off_tick' }],
    ['a price of nothing', { price: '0' }, {}, { price: 'not_a_number' }],
    ['a stop without a trigger', { type: 'stop', price: '' }, {}, { trigger: 'missing_trigger' }],
    ['a buy stop below the market', { type: 'stop', price: '', trigger: '59000' }, {}, { trigger: 'trigger_above' }],
    [
      'a sell stop above the market',
      { type: 'stop', side: 'sell', price: '', trigger: '61000' },
      {},
      { trigger: 'trigger_below' },
    ],
    [
      'a buy take-profit above the market',
      { type: 'take_profit', price: '', trigger: '61000' },
      {},
      { trigger: 'trigger_below' },
    ],
    ['a TP on the losing side', { protect: true, takeProfit: '58000' }, {}, { take_profit: 'wins_above' }],
    [
      'an SL on the winning side',
      { side: 'sell', price: '61000', protect: true, stopLoss: '60500' },
      {},
      { stop_loss: 'loses_above' },
    ],
    ['an SL off the tick', { protect: true, stopLoss: '58000.01' }, {}, { stop_loss: 'off_tick' }],
    ['an SL of 100 %', { protect: true, protectUnit: 'percent', stopLoss: '100' }, {}, { stop_loss: 'not_a_number' }],
    ['TP/SL on, and neither told', { protect: true }, {}, { stop_loss: 'missing_protection' }],
    [
      'TP in percent of no price',
      { type: 'market', protect: true, protectUnit: 'percent', takeProfit: '2' },
      { price: null, ticker: null },
      { take_profit: 'no_price' },
    ],
    ['post-only that would cross', { price: '60000.1', postOnly: true }, {}, { post_only: 'post_only_crosses' }],
    ['reduce-only with nothing held', { reduceOnly: true }, {}, { reduce_only: 'nothing_to_reduce' }],
    ['reduce-only of more than held', { reduceOnly: true }, { reducible: '0.1' }, { reduce_only: 'more_than_held' }],
    ['an account that only reduces', {}, { tradingState: 'reducing' }, { form: 'reducing' }],
    ['a halted account', {}, { tradingState: 'halted' }, { form: 'halted' }],
    [
      'an exchange without stops',
      { type: 'stop', price: '', trigger: '61000' },
      { capabilities: { ...CAPABILITIES, conditional_orders: false } },
      { form: 'cannot' },
    ],
    [
      'an exchange without FOK',
      { timeInForce: 'FOK' },
      { capabilities: { ...CAPABILITIES, time_in_force: ['GTC'] } },
      { form: 'cannot' },
    ],
    [
      'an exchange without attached TP',
      { protect: true, takeProfit: '61000' },
      { capabilities: { ...CAPABILITIES, attached_protection: false } },
      { form: 'cannot' },
    ],
  ])('%s', (_name, draft, market, expected) => {
    expect(codes(draft, market)).toEqual(expected);
    expect(with_(draft, market).body).toBeNull();
  });

  it('a halted account still lets a position be made smaller', () => {
    expect(with_({ reduceOnly: true }, { tradingState: 'halted', reducible: '1' }).body).not.toBeNull();
  });
});

describe('what is asked for again', () => {
  const asked = (draft: Partial<TicketDraft>, market: Partial<TicketMarket> = {}) =>
    with_(draft, market).warnings.map(({ code, confirm }) => [code, confirm]);

  it.each<[string, Partial<TicketDraft>, Partial<TicketMarket>, [string, boolean][]]>([
    ['nothing of a resting limit order', {}, {}, []],
    ['a limit order that the market fills at once', { price: '60000.1' }, {}, [['marketable', false]]],
    ['a price far from the mark', { price: '56000' }, {}, [['far_from_mark', true]]],
    ['a market order by a stale quote', { type: 'market' }, { stale: true }, [['stale', true]]],
    [
      'a marketable order by a stale quote',
      { price: '60000.1' },
      { stale: true },
      [
        ['marketable', false],
        ['stale', true],
      ],
    ],
    ['a resting order by a stale quote: nothing', {}, { stale: true }, []],
    ['a size that was rounded down', { size: '0.5209' }, {}, [['rounded', false]]],
  ])('%s', (_name, draft, market, expected) => {
    expect(asked(draft, market)).toEqual(expected);
  });
});

it('reckons by the limit price, the trigger, else the market', () => {
  expect(referencePrice(DRAFT, '60000')).toBe('59000');
  expect(referencePrice({ ...DRAFT, price: '' }, '60000')).toBe('60000');
  expect(referencePrice({ ...DRAFT, type: 'market' }, '60000')).toBe('60000');
  expect(referencePrice({ ...DRAFT, type: 'stop', price: '', trigger: '61000' }, '60000')).toBe('61000');
  expect(marketPrice({ ...TICKER, last: null, mark: null }, 'buy')).toBe('60000.1');
  expect(marketPrice(null, 'buy')).toBeNull();
});

it('knows which field of the ticket the desk speaks of', () => {
  expect(fieldOf('amount')).toBe('size');
  expect(fieldOf('trigger_by')).toBe('trigger');
  expect(fieldOf('symbol')).toBe('form');
  expect(fieldOf(null)).toBe('form');
});

it('offers what an exchange does, and all of it while that is not known', () => {
  expect(lacks('FOK', { ...CAPABILITIES, time_in_force: ['GTC'] })).toBe(true);
  expect(lacks('index', { ...CAPABILITIES, trigger_by: ['last'] })).toBe(true);
  expect(lacks('stop', null)).toBe(false);
});
