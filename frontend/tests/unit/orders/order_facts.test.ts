import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { amendOf, editable, readTerm } from '../../../src/features/orders/order_edit';
import {
  ageOf,
  doubtOf,
  filledShare,
  inGroup,
  kindOf,
  sizeOf,
  stateOf,
  wasTurnedAway,
} from '../../../src/features/orders/order_facts';
import type { AccountView, InstrumentView, Order, OrderStory } from '../../../src/core/wire';

const story = readFileSync(new URL('../../fixtures/stories/amended_and_canceled.json', import.meta.url), 'utf8');
const ORDER: Order = { ...(JSON.parse(story) as OrderStory).order, status: 'open', filled: '0', reason: null };
const INSTRUMENT = { base: 'BTC', contract_size: '0.001', amount_step: '0.001', price_tick: '0.5' } as InstrumentView;

const row = (order: Partial<Order>, sending = false, checking = false) => ({
  order: { ...ORDER, ...order },
  sending,
  checking,
});

test('a conditional order is a stop or a take profit by the way the price has to go', () => {
  const conditional = { type: 'market', trigger_price: '5' } as const;
  expect(kindOf({ ...conditional, side: 'sell', trigger_ascending: false })).toBe('stop');
  expect(kindOf({ ...conditional, side: 'sell', trigger_ascending: true })).toBe('take_profit');
  expect(kindOf({ ...conditional, side: 'buy', trigger_ascending: true })).toBe('stop');
  expect(kindOf({ ...conditional, type: 'limit', side: 'buy', trigger_ascending: false })).toBe('take_profit_limit');
  expect(kindOf({ ...conditional, side: 'sell', trigger_ascending: true, role: 'stop_loss' })).toBe('stop');
  expect(kindOf({ side: 'buy', type: 'limit' })).toBe('limit');
});

test('a press comes before a command, a doubt before both, an end before all', () => {
  expect(stateOf(row({}, true), false, false)).toBe('sending');
  expect(stateOf(row({}, true, true), false, false)).toBe('checking');
  expect(stateOf(row({}), true, true)).toBe('cancel_requested');
  expect(stateOf(row({ amend_requested: true }), false, false)).toBe('amend_requested');
  expect(stateOf(row({ status: 'in_doubt', cancel_requested: true }), true, false)).toBe('in_doubt');
  expect(stateOf(row({ status: 'filled' }), true, true)).toBe('filled');
});

test('absence can be proven two seconds after the deadline, or never', () => {
  const doubtful: Order = { ...ORDER, status: 'in_doubt', created_ms: 1_000, deadline_ms: 6_000 };
  expect(doubtOf(doubtful, undefined, 7_999)).toEqual({ sentMs: 1_000, provableMs: 8_000, provable: 'later' });
  expect(doubtOf(doubtful, undefined, 8_000)?.provable).toBe('now');
  const account = { capabilities: { proves_absence: false } } as AccountView;
  expect(doubtOf(doubtful, account, 9_000)).toEqual({ sentMs: 1_000, provableMs: null, provable: 'never' });
  expect(doubtOf(ORDER, undefined, 0)).toBeNull();
});

test('what the exchange ended by itself is told from what somebody canceled', () => {
  expect(wasTurnedAway({ ...ORDER, status: 'canceled', reason: 'EC_PostOnlyWillTakeLiquidity' })).toBe(true);
  expect(wasTurnedAway({ ...ORDER, status: 'canceled', reason: 'CancelByUser' })).toBe(false);
  expect(wasTurnedAway({ ...ORDER, reason: 'EC_NoError' })).toBe(false);
});

test('each row is in one group', () => {
  expect(inGroup(row({}), 'working')).toBe(true);
  expect(inGroup(row({ status: 'untriggered' }), 'waiting')).toBe(true);
  expect(inGroup(row({ status: 'in_doubt' }), 'unsure')).toBe(true);
  expect(inGroup(row({ quarantined: true }), 'working')).toBe(false);
  expect(inGroup(row({}, true), 'unsure')).toBe(true);
  expect(inGroup(row({ status: 'in_doubt' }), 'all')).toBe(true);
});

test('sizes are coins where the contract is known; ages are whole units', () => {
  expect(sizeOf('500', INSTRUMENT)).toEqual({ value: '0.5', unit: 'BTC' });
  expect(sizeOf('500', undefined)).toEqual({ value: '500', unit: '' });
  expect(ageOf(0, 99_999)).toEqual({ unit: 'seconds', n: 99 });
  expect(ageOf(0, 100_000)).toEqual({ unit: 'minutes', n: 1 });
  expect(ageOf(0, 3 * 86_400_000)).toEqual({ unit: 'days', n: 3 });
  expect(ageOf(5_000, 0)).toEqual({ unit: 'seconds', n: 0 });
  expect(filledShare({ ...ORDER, amount: '4', filled: '1' })).toBe(25);
  expect(filledShare({ ...ORDER, amount: '0', filled: '0' })).toBe(0);
});

test('a term that was typed is on the grid, above zero and above what is filled, or is objected to', () => {
  const order: Order = { ...ORDER, filled: '0.01' };
  expect(readTerm('price', '58500.5', order, INSTRUMENT)).toEqual({ value: '58500.5' });
  expect(readTerm('price', '58500.7', order, INSTRUMENT)).toEqual({
    objection: { key: 'off_step', params: { step: '0.5' } },
  });
  expect(readTerm('price', '', order, INSTRUMENT)).toMatchObject({ objection: { key: 'not_a_number' } });
  expect(readTerm('price', '0', order, INSTRUMENT)).toMatchObject({ objection: { key: 'not_positive' } });
  expect(readTerm('amount', '0.01', order, INSTRUMENT)).toMatchObject({ objection: { key: 'below_filled' } });
  expect(readTerm('stop_loss', '', order, INSTRUMENT)).toEqual({ value: '0' });
});

test('only what is different is sent; nothing different is nothing to send', () => {
  expect(amendOf(ORDER, { price: '58500.0', amount: '0.03' })).toEqual({ amount: '0.03' });
  expect(amendOf(ORDER, { price: ORDER.price ?? '', take_profit: '0' })).toBeNull();
  expect(amendOf({ ...ORDER, take_profit: '7' }, { take_profit: '0' })).toEqual({ take_profit: '0' });
});

test('a term can be changed where the order has it', () => {
  expect(editable(ORDER, 'price')).toBe(true);
  expect(editable(ORDER, 'trigger_price')).toBe(false);
  expect(editable({ ...ORDER, type: 'market', price: null }, 'price')).toBe(false);
  expect(editable({ ...ORDER, role: 'stop_loss' }, 'amount')).toBe(false);
  expect(editable({ ...ORDER, reduce_only: true }, 'take_profit')).toBe(false);
});
