import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { hasEnded, isHeld, OrderFold, PositionFold, positionKey, type Fold } from '../../../src/core/reduce';
import type { Order, Position, StreamEvent } from '../../../src/core/wire';
import { eventsOf, orderVectors, pick, positionVectors } from './vectors';

function run<Item>(
  fold: Fold<Item>,
  steps: ({ snapshot: Item[] } | { events: number[] })[],
  journal: StreamEvent[],
): void {
  for (const step of steps) {
    if ('snapshot' in step) fold.begin(step.snapshot);
    else for (const event of pick(journal, step.events)) fold.take(event);
  }
}

const byId = (orders: Iterable<Order>): Map<string, Order> => new Map([...orders].map((each) => [each.order_id, each]));
const many = eventsOf(orderVectors, 'many');
const legs = eventsOf(positionVectors, 'legs');

function orderOf(event: StreamEvent): Order {
  if (!('order' in event.body)) throw new Error('no order in this event');
  return event.body.order;
}

function folded(events: readonly StreamEvent[]): OrderFold {
  const fold = new OrderFold();
  for (const event of events) fold.take(event);
  return fold;
}

describe('one law with the desk', () => {
  test.each(Object.entries(orderVectors.vectors))('orders: %s', (_, vector) => {
    const fold = new OrderFold();
    run(fold, vector.steps, eventsOf(orderVectors, vector.journal));
    expect(fold.living).toEqual(byId(vector.expected.living));
    const ended = Object.fromEntries([...fold.ended].map(([id, order]) => [id, [order.status, order.version]]));
    expect(ended).toEqual(vector.expected.ended);
  });

  test.each(Object.entries(positionVectors.vectors))('positions: %s', (_, vector) => {
    const fold = new PositionFold();
    run(fold, vector.steps, eventsOf(positionVectors, vector.journal));
    const bySide = (all: Position[]): Position[] => [...all].sort((a, b) => (positionKey(a) < positionKey(b) ? -1 : 1));
    expect(bySide(fold.held())).toEqual(bySide(vector.expected.open));
  });
});

describe('whatever happens on the way', () => {
  const repeats = fc.array(fc.nat(many.length - 1), { maxLength: 60 });

  test('repeats and disorder come to the same', () => {
    const truth = folded(many);
    fc.assert(
      fc.property(repeats, fc.infiniteStream(fc.nat()), (again, chance) => {
        const given = [...many, ...pick(many, again)].map((event) => ({ event, at: chance.next().value }));
        const fold = folded(given.sort((a, b) => a.at - b.at).map(({ event }) => event));
        expect(fold.living).toEqual(truth.living);
        expect(byId(fold.ended.values())).toEqual(byId(truth.ended.values()));
      }),
      { numRuns: 60 },
    );
  });

  test('a snapshot and the events after it are a newer snapshot, wherever it was taken and however far back they begin', () => {
    fc.assert(
      fc.property(fc.nat(many.length), fc.nat(many.length), fc.nat(20), (heardTo, takenAt, overlap) => {
        const fold = folded(many.slice(0, heardTo));
        fold.begin([...folded(many.slice(0, takenAt)).living.values()]);
        for (const event of many.slice(Math.max(0, Math.min(heardTo, takenAt) - overlap))) fold.take(event);
        expect(fold.living).toEqual(folded(many).living);
      }),
    );
  });

  test('no order is living and ended', () => {
    fc.assert(
      fc.property(repeats, (numbers) => {
        const fold = folded(pick(many, numbers));
        for (const [id, order] of fold.living) expect([hasEnded(order), fold.ended.has(id)]).toEqual([false, false]);
        for (const order of fold.ended.values()) expect(hasEnded(order)).toBe(true);
      }),
    );
  });

  test('what changed is named, and nothing else', () => {
    fc.assert(
      fc.property(repeats, (numbers) => {
        const fold = new OrderFold();
        for (const event of pick(many, numbers)) {
          const id = orderOf(event).order_id;
          const before = fold.get(id);
          expect(fold.take(event)).toBe((before?.version ?? 0) < orderOf(event).version ? id : null);
        }
      }),
    );
  });
});

describe("the desk's own word", () => {
  const [pending, accepted] = eventsOf(orderVectors, 'a life').map(orderOf) as [Order, Order];
  const early: Order = { ...accepted, version: 0 };

  test('is shown before the stream has it', () => {
    const fold = new OrderFold();
    expect(fold.hear(early)).toBe(early.order_id);
    expect(fold.living.get(early.order_id)?.status).toBe('accepted');
  });

  test('is not taken back by a stream that is behind', () => {
    const fold = new OrderFold();
    fold.hear(early);
    fold.take({ account: 'sim', time_ms: 1, body: { kind: 'order_updated', order: pending, cause: {} } as never });
    const known = fold.get(early.order_id);
    expect([known?.status, known?.version, known?.exchange_order_id]).toEqual([
      'accepted',
      pending.version,
      early.exchange_order_id,
    ]);
  });

  test('takes nothing back itself', () => {
    const life = eventsOf(orderVectors, 'a life');
    const fold = folded(life);
    for (const event of life) expect(fold.hear(orderOf(event))).toBe(event === life.at(-1) ? early.order_id : null);
    expect(fold.living.size).toBe(0);
    expect(fold.hear({ ...orderOf(life.at(-1) as StreamEvent), status: 'open' })).toBeNull();
  });

  test('in any order with the stream comes to what the stream says', () => {
    const life = eventsOf(orderVectors, 'a life');
    fc.assert(
      fc.property(fc.array(fc.tuple(fc.boolean(), fc.nat(life.length - 1)), { maxLength: 20 }), (given) => {
        const fold = new OrderFold();
        for (const [isWord, number] of given) {
          const event = life[number] as StreamEvent;
          if (isWord) fold.hear({ ...orderOf(event), version: Math.max(0, orderOf(event).version - 1) });
          else fold.take(event);
        }
        for (const event of life) fold.take(event);
        expect(fold.get(early.order_id)).toEqual(orderOf(life.at(-1) as StreamEvent));
      }),
    );
  });
});

describe('a position', () => {
  const leg = (legs.at(-1)?.body as { position: Position }).position;
  test.each([
    ['0', null, null, false],
    ['0.5', null, null, true],
    ['0.5', '0', null, false],
    ['0', '0.25', '0.25', true],
    ['0.5', '0.0', '-0.5', true],
    ['0', null, '0.000', false],
  ])('of %s, at the exchange %s, difference %s is held: %s', (amount, exchange_amount, discrepancy, held) => {
    expect(isHeld({ ...leg, amount, exchange_amount, discrepancy })).toBe(held);
  });
});
