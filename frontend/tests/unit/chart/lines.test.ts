import { describe, expect, it } from 'vitest';
import type { Order, Position } from '../../../src/core/wire';
import { DRAWN, linesOf, nearest, pnlAt, type Line } from '../../../src/features/chart/lines';
import { INSTRUMENT, order, position, SYMBOL } from './fixtures';

function ofOrder(changes: Partial<Order>, held: { sending?: boolean; checking?: boolean } = {}): Line[] {
  return linesOf([{ key: 'k1', order: order(changes), sending: false, checking: false, ...held }], [], INSTRUMENT);
}

function ofPosition(changes: Partial<Position>, orders: Order[] = []): Line[] {
  const rows = orders.map((each) => ({ key: each.order_id, order: each, sending: false, checking: false }));
  return linesOf(rows, [{ position: position(changes), pnl: '12.5' }], INSTRUMENT);
}

describe('lines of orders', () => {
  it('stand at the limit, and move it', () => {
    expect(ofOrder({})).toMatchObject([
      {
        id: 'order:k1',
        kind: 'limit',
        price: '59000',
        size: '0.5',
        unsure: false,
        cancels: 'o1',
        target: { of: 'order', orderId: 'o1', field: 'price' },
      },
    ]);
  });

  it('show what is left of them', () => {
    expect(ofOrder({ status: 'partially_filled', filled: '3', remaining: '2' })[0]?.size).toBe('0.2');
  });

  it('stand at the trigger until it is pulled, then at the limit', () => {
    const trigger = { trigger_price: '58000', status: 'untriggered' as const };
    expect(ofOrder(trigger)).toMatchObject([{ kind: 'trigger', price: '58000', target: { field: 'trigger_price' } }]);
    expect(ofOrder({ ...trigger, status: 'open' })).toMatchObject([{ kind: 'limit', price: '59000' }]);
  });

  it.each([
    ['sending', ofOrder({ status: 'pending' }, { sending: true })],
    ['in doubt', ofOrder({ status: 'in_doubt' })],
    ['being asked for', ofOrder({ status: 'pending' }, { checking: true })],
  ])('are unsure and cannot be moved while %s', (_, lines) => {
    expect(lines).toMatchObject([{ unsure: true, target: null, cancels: null }]);
  });

  it('are unsure while a change of them is under way', () => {
    expect(ofOrder({ amend_requested: true })[0]?.unsure).toBe(true);
    expect(ofOrder({ cancel_requested: true })[0]?.unsure).toBe(true);
  });

  it('carry their take profit and stop loss, with what each would bring', () => {
    expect(ofOrder({ take_profit: '60000', stop_loss: '58500' })).toMatchObject([
      { kind: 'limit' },
      { id: 'order:k1:take_profit', kind: 'take_profit', pnl: '500', target: { field: 'take_profit' } },
      { id: 'order:k1:stop_loss', kind: 'stop_loss', pnl: '-250', target: { field: 'stop_loss' } },
    ]);
    expect(ofOrder({ side: 'sell', take_profit: '58000' })[1]?.pnl).toBe('500');
  });

  it('end with the order; a market order has none', () => {
    expect(ofOrder({ status: 'filled' })).toEqual([]);
    expect(ofOrder({ type: 'market', price: null, status: 'pending' })).toEqual([]);
  });
});

describe('lines of positions', () => {
  it('are the entry with its profit, and what protects it', () => {
    const lines = ofPosition({ take_profit: '61000', stop_loss: '59000' });
    expect(lines).toMatchObject([
      { id: 'position:long', kind: 'entry', price: '60000', pnl: '12.5', target: null },
      { kind: 'take_profit', pnl: '500', target: { of: 'position', account: 'sim', symbol: SYMBOL, side: 'long' } },
      { kind: 'stop_loss', pnl: '-500', target: { field: 'stop_loss' } },
    ]);
    expect(pnlAt(lines[2] as Line, '60100')).toBe('50');
  });

  it('are not there for nothing, nor for a protection of zero', () => {
    expect(ofPosition({ amount: '0' })).toEqual([]);
    expect(ofPosition({ take_profit: '0' })).toHaveLength(1);
  });

  it('stand for the attached orders that say the same', () => {
    const attached = order({
      order_id: 'o2',
      side: 'sell',
      origin: 'attached',
      role: 'stop_loss',
      price: null,
      trigger_price: '59000.0',
      status: 'untriggered',
    });
    expect(ofPosition({ stop_loss: '59000' }, [attached]).map((line) => line.id)).toEqual([
      'position:long',
      'position:long:stop_loss',
    ]);
    expect(ofPosition({}, [attached]).map((line) => [line.id, line.kind])).toEqual([
      ['position:long', 'entry'],
      ['order:o2', 'stop_loss'],
    ]);
  });

  it('claim no profit where the contracts are not linear', () => {
    const inverse = { ...INSTRUMENT, settle: 'BTC', quote: 'USD' };
    const lines = linesOf([], [{ position: position({ stop_loss: '59000' }), pnl: null }], inverse);
    expect(lines.map((line) => line.pnl)).toEqual([null, null]);
    expect(pnlAt(lines[1] as Line, '60000')).toBe(null);
  });
});

it('draws the orders nearest to the market, and every line of the position, however many orders live', () => {
  const rows = Array.from({ length: 300 }, (_, i) => ({
    key: `k${i}`,
    order: order({ order_id: `o${i}`, price: String(50_000 + i * 100) }),
    sending: false,
    checking: false,
  }));
  const all = linesOf(rows, [{ position: position({ stop_loss: '10' }), pnl: null }], INSTRUMENT);
  const { drawn, left } = nearest(all, '60000');
  expect(drawn.slice(0, 2).map((line) => line.kind)).toEqual(['entry', 'stop_loss']);
  expect(left).toBe(300 - DRAWN);
  const prices = drawn.slice(2).map((line) => Number(line.price));
  expect(Math.max(...prices.map((price) => Math.abs(price - 60_000)))).toBe((DRAWN / 2) * 100);
  expect(nearest(all.slice(0, 10), null)).toEqual({ drawn: all.slice(0, 10), left: 0 });
});
