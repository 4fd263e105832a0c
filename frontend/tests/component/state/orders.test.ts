import { beforeAll, beforeEach, describe, expect, test, vi } from 'vitest';
import type { orders as Orders } from '../../../src/state/orders.svelte';
import type * as Commands from '../../../src/state/commands.svelte';
import { BODY, DeskDouble, eventOf, orderOf } from './desk_double';

let desk: DeskDouble;
let orders: typeof Orders;
let commands: typeof Commands;
let paint: () => void;

// the first import compiles
beforeAll(() => import('../../../src/state/commands.svelte'), 60_000);

beforeEach(async () => {
  vi.resetModules();
  vi.useFakeTimers();
  desk = new DeskDouble();
  const frames: (() => void)[] = [];
  vi.stubGlobal('requestAnimationFrame', (run: () => void) => frames.push(run));
  paint = () => frames.splice(0).forEach((run) => run());
  ({ orders } = await import('../../../src/state/orders.svelte'));
  commands = await import('../../../src/state/commands.svelte');
  return () => {
    vi.useRealTimers();
    vi.unstubAllGlobals();
  };
});

const settle = (): Promise<unknown> => vi.advanceTimersByTimeAsync(0);
const shown = (): [string, string][] => orders.rows.map((row) => [row.id, row.order.status]);
const ended = (): [string, string][] => orders.recent.map((row) => [row.id, row.order.status]);

describe('pressing the button', () => {
  test('shows the order at once, as sending', () => {
    void commands.place(BODY);
    expect(orders.rows.length).toBe(1);
    expect(orders.rows[0]).toMatchObject({ sending: true, checking: false, problem: null });
    expect(orders.rows[0]?.order).toMatchObject({ status: 'pending', amount: '1', price: '60000', version: 0 });
    expect(commands.busy('place')).toBe(true);
  });

  test('twice sends one order', async () => {
    const first = commands.place(BODY);
    const second = commands.place(BODY);
    expect(second).toBe(first);
    expect([desk.of('POST', '/api/orders').length, orders.rows.length]).toEqual([1, 1]);
    desk.last('POST', '/api/orders').answer(201, orderOf('a', { status: 'open' }));
    await first;
    expect(commands.busy('place')).toBe(false);
    void commands.place(BODY);
    const keys = desk.of('POST', '/api/orders').map(({ key }) => key);
    expect(new Set(keys).size).toBe(2);
  });

  test('keeps the row when the desk names it, whether by its answer or by the stream', async () => {
    for (const way of ['answer', 'stream'] as const) {
      const outcome = commands.place(BODY);
      const { key, answer } = desk.last('POST', '/api/orders');
      const row = orders.rows.find((each) => each.key === key);
      const order = orderOf(way, { status: 'open', idempotency_key: key });
      if (way === 'stream') orders.apply([eventOf(order)]);
      answer(201, order);
      await settle();
      paint();
      expect(await outcome).toMatchObject({ kind: 'accepted' });
      expect(orders.get(way)).toBe(row);
      expect([row?.id, row?.order.status, row?.sending]).toEqual([way, 'open', false]);
    }
    expect(orders.rows.length).toBe(2);
  });

  test('a refusal of the request leaves no row; the problem says where it is wrong', async () => {
    const outcome = commands.place(BODY);
    desk.last('POST', '/api/orders').answer(400, { code: 'malformed', detail: 'no', field: 'amount' });
    expect(await outcome).toMatchObject({ kind: 'refused', problem: { field: 'amount' } });
    paint();
    expect([shown(), ended()]).toEqual([[], []]);
  });

  test('an order that was denied stays to be seen, with why', async () => {
    const outcome = commands.place(BODY);
    const { key, answer } = desk.last('POST', '/api/orders');
    const order = orderOf('a', { status: 'denied', idempotency_key: key });
    answer(422, { code: 'halted', detail: 'the account is halted', order });
    await outcome;
    paint();
    expect([shown(), ended()]).toEqual([[], [['a', 'denied']]]);
    expect(orders.recent[0]?.problem?.code).toBe('halted');
  });

  test('a session that is over costs nothing: nothing was sent', async () => {
    const outcome = commands.place(BODY);
    desk.last('POST', '/api/orders').answer(401, { code: 'not_signed_in', detail: '' });
    expect(await outcome).toMatchObject({ kind: 'refused', problem: { code: 'not_signed_in' } });
    expect(orders.rows).toEqual([]);
  });
});

describe('no answer', () => {
  test('in five seconds: the order is looked for by its key, and not sent again', async () => {
    const outcome = commands.place(BODY);
    const { key } = desk.last('POST', '/api/orders');
    await vi.advanceTimersByTimeAsync(5_000);
    expect(await outcome).toMatchObject({ kind: 'unknown' });
    expect(orders.rows[0]).toMatchObject({ sending: true, checking: true });
    desk.last('GET', '/api/orders').answer(200, {
      orders: [orderOf('x', {}), orderOf('a', { status: 'open', idempotency_key: key })],
    });
    await settle();
    paint();
    expect(shown()).toEqual([['a', 'open']]);
    expect(orders.rows[0]).toMatchObject({ sending: false, checking: false });
    expect(desk.of('POST', '/api/orders').length).toBe(1);
  });

  test('because the line broke, and the stream has it when it is back', async () => {
    const outcome = commands.place(BODY);
    const { key, lose } = desk.last('POST', '/api/orders');
    lose();
    await settle();
    expect(orders.rows[0]?.checking).toBe(true);
    orders.apply([eventOf(orderOf('a', { status: 'pending', idempotency_key: key }))]);
    paint();
    orders.apply([eventOf(orderOf('a', { status: 'open', idempotency_key: key, version: 2 }))]);
    paint();
    expect(await outcome).toMatchObject({ kind: 'accepted' });
    expect([shown(), orders.rows[0]?.checking]).toEqual([[['a', 'open']], false]);
  });

  test('and the desk has no such order: it is said, and kept to be seen', async () => {
    void commands.place(BODY);
    desk.last('POST', '/api/orders').lose();
    for (let looks = 0; looks < 7; looks += 1) {
      await settle();
      desk.last('GET', '/api/orders').answer(200, { orders: [] });
      await vi.advanceTimersByTimeAsync(2_000);
    }
    expect(orders.rows).toEqual([]);
    expect(orders.recent[0]).toMatchObject({ sending: false, problem: { code: 'not_arrived' } });
    expect(orders.recent[0]?.order.status).toBe('not_placed');
  });
});

describe('the rows', () => {
  test('are a new array only when an order comes or goes', () => {
    orders.begin([orderOf('a', { status: 'open', created_ms: 1 }), orderOf('b', { status: 'open', created_ms: 2 })]);
    paint();
    const before = orders.rows;
    expect(shown()).toEqual([
      ['b', 'open'],
      ['a', 'open'],
    ]);
    orders.apply([eventOf(orderOf('a', { status: 'partially_filled', filled: '0.5', version: 2 }))]);
    paint();
    expect(orders.rows).toBe(before);
    expect(orders.get('a')?.order.filled).toBe('0.5');
    orders.apply([eventOf(orderOf('a', { status: 'filled', version: 3 }))]);
    paint();
    expect([shown(), ended()]).toEqual([[['b', 'open']], [['a', 'filled']]]);
  });

  test('take an order back that evidence has reopened', () => {
    orders.apply([eventOf(orderOf('a', { status: 'not_placed' }))]);
    paint();
    orders.apply([eventOf(orderOf('a', { status: 'open', version: 2 }))]);
    paint();
    expect([shown(), ended()]).toEqual([[['a', 'open']], []]);
  });

  test('lose what a new snapshot does not hold', () => {
    orders.begin([orderOf('a', { status: 'open' })]);
    paint();
    orders.begin([orderOf('b', { status: 'open' })]);
    paint();
    expect([shown(), orders.get('a')]).toEqual([[['b', 'open']], undefined]);
  });

  test('tell what became of those that a new snapshot does not hold, where they have ended', async () => {
    const told: [string | undefined, string][] = [];
    orders.listen((before, after) => told.push([before?.filled, after.status]));
    orders.begin([
      orderOf('a', { status: 'partially_filled', filled: '0.4', created_ms: 2 }),
      orderOf('b', { status: 'open', created_ms: 1 }),
    ]);
    paint();
    told.length = 0;
    orders.begin([]);
    paint();
    desk.last('GET', '/api/orders/a').answer(200, {
      order: orderOf('a', { status: 'filled', filled: '1', version: 9 }),
      timeline: [],
    });
    desk
      .last('GET', '/api/orders/b')
      .answer(200, { order: orderOf('b', { status: 'open', version: 2 }), timeline: [] });
    await settle();
    paint();
    expect(told).toEqual([['0.4', 'filled']]);
    expect([shown(), ended()]).toEqual([[], [['a', 'filled']]]);
  });

  test('asks about no more than twenty that a new snapshot does not hold', () => {
    orders.begin(Array.from({ length: 60 }, (_, n) => orderOf(`o${n}`, { status: 'open', created_ms: n })));
    paint();
    orders.begin([]);
    const asked = desk.asked.filter(({ path }) => path.startsWith('/api/orders/')).map(({ path }) => path);
    expect([asked.length, asked[0]]).toEqual([20, '/api/orders/o59']);
  });

  test('of ended orders are the last two hundred', () => {
    orders.apply(Array.from({ length: 250 }, (_, n) => eventOf(orderOf(`o${n}`, { status: 'canceled' }))));
    paint();
    expect([orders.recent.length, orders.recent[0]?.id, orders.get('o0')]).toEqual([200, 'o249', undefined]);
  });

  test('tell what an order was and what it is', () => {
    const told: (string | undefined)[][] = [];
    orders.listen((before, after) => told.push([before?.status, after.status]));
    orders.apply([eventOf(orderOf('a', { status: 'open' }))]);
    paint();
    orders.apply([eventOf(orderOf('a', { status: 'filled', version: 2 }))]);
    paint();
    expect(told).toEqual([
      [undefined, 'open'],
      ['open', 'filled'],
    ]);
  });
});

describe('other commands', () => {
  test('are asked again under the same key until they are answered', async () => {
    const outcome = commands.cancel('a');
    desk.last('DELETE', '/api/orders/a').lose();
    await vi.advanceTimersByTimeAsync(1_000);
    desk.last('DELETE', '/api/orders/a').answer(200, { command_id: 'c', outcome: 'accepted' });
    expect(await outcome).toMatchObject({ kind: 'accepted' });
    const keys = desk.of('DELETE', '/api/orders/a').map(({ key }) => key);
    expect([keys.length, new Set(keys).size]).toEqual([2, 1]);
  });

  test('are busy in their own slot alone', async () => {
    const first = commands.cancel('a');
    expect([commands.busy('cancel:a'), commands.busy('cancel:b')]).toEqual([true, false]);
    expect(commands.cancel('a')).toBe(first);
    void commands.cancel('b');
    expect(desk.asked.filter(({ method }) => method === 'DELETE').length).toBe(2);
    desk.last('DELETE', '/api/orders/a').answer(409, { code: 'order_ended', detail: 'it has ended' });
    expect(await first).toMatchObject({ kind: 'refused', problem: { code: 'order_ended' } });
    expect(commands.busy('cancel:a')).toBe(false);
  });

  test('bring the order as the desk has it', async () => {
    orders.begin([orderOf('a', { status: 'open' })]);
    paint();
    const outcome = commands.amend('a', { price: '59000' });
    const order = orderOf('a', { status: 'open', amend_requested: true });
    desk.last('PATCH', '/api/orders/a').answer(200, { command_id: 'c', outcome: 'accepted', order });
    await outcome;
    paint();
    expect(orders.get('a')?.order.amend_requested).toBe(true);
  });
});
