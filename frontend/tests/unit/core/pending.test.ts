import fc from 'fast-check';
import { beforeEach, describe, expect, test } from 'vitest';
import {
  ABSENT_MS,
  LOOK_EVERY_MS,
  Pressed,
  pressedNext,
  WORD_MS,
  type Outcome,
  type PressedEvent,
  type PressedPhase,
} from '../../../src/core/pending';
import { asPressed } from '../../../src/core/pressed_order';
import { problemOf, unanswered, type Answer, type Problem } from '../../../src/core/problem';
import type { Order } from '../../../src/core/wire';
import { settled, VirtualTiming } from './virtual_timing';

const BODY = {
  account: 'sim',
  symbol: 'BTC/USDT:USDT',
  side: 'buy',
  type: 'limit',
  amount: '1',
  price: '60000',
} as const;
const ORDER: Order = { ...asPressed(BODY, 'key', 1), order_id: 'ours', status: 'accepted', version: 1 };
const REFUSAL = problemOf(422, { code: 'price_off_tick', detail: 'no', field: 'price', order: null });

let timing: VirtualTiming;
let phases: [PressedPhase, string | null][];
let heard: Order[];
let sent: number;
let looks: number;
let answer: (answer: Answer<Order>) => void;
let found: Answer<Order | null>;
let outcome: Outcome | null;
let pressed: Pressed;

beforeEach(() => {
  timing = new VirtualTiming();
  [phases, heard, sent, looks, outcome] = [[], [], 0, 0, null];
  found = { ok: true, status: 200, body: null };
  pressed = new Pressed(
    {
      send: () => {
        sent += 1;
        return new Promise((settle) => (answer = settle));
      },
      find: () => {
        looks += 1;
        return Promise.resolve(found);
      },
      moved: (phase, problem: Problem | null) => phases.push([phase, problem?.code ?? null]),
      heard: (order) => heard.push(order),
    },
    timing,
  );
  pressed.press();
  void pressed.outcome.then((it) => (outcome = it));
});

const ok = (order: Order): Answer<Order> => ({ ok: true, status: 201, body: order });
const no = (problem: Problem): Answer<Order> => ({ ok: false, problem });

async function answered(it: Answer<Order>): Promise<void> {
  answer(it);
  await settled();
}

describe('a pressed order', () => {
  test('is accepted by its answer', async () => {
    await answered(ok(ORDER));
    expect([phases, heard, outcome?.kind]).toEqual([[['known', null]], [ORDER], 'accepted']);
  });

  test('is in doubt where the desk says so', async () => {
    await answered(ok({ ...ORDER, status: 'in_doubt' }));
    expect(outcome).toEqual({ kind: 'in_doubt', order: { ...ORDER, status: 'in_doubt' } });
  });

  test('is refused with the problem, at its field', async () => {
    await answered(no(REFUSAL));
    expect([phases, outcome?.problem?.field]).toEqual([[['refused', 'price_off_tick']], 'price']);
  });

  test('is known by the stream before its answer, which still counts', async () => {
    pressed.seen({ ...ORDER, status: 'pending' });
    await settled();
    expect([phases, outcome]).toEqual([[['known', null]], null]);
    await answered(no({ ...REFUSAL, order: { ...ORDER, status: 'denied' } }));
    expect(phases.at(-1)).toEqual(['refused', 'price_off_tick']);
    expect(outcome?.kind).toBe('refused');
  });

  test('without a word in five seconds is unknown, and is looked for', async () => {
    timing.pass(WORD_MS - 1);
    await settled();
    expect([outcome, looks]).toEqual([null, 0]);
    timing.pass(1);
    await settled();
    expect([outcome?.kind, phases, looks]).toEqual(['unknown', [['checking', 'timeout']], 1]);
  });

  test('is sent once, whatever happens', async () => {
    await answered(no(unanswered('network')));
    await timing.passSettling(60_000, 1_000);
    expect(sent).toBe(1);
  });

  test('that the desk turns out to have is known', async () => {
    await answered(no(unanswered('network')));
    found = { ok: true, status: 200, body: ORDER };
    await timing.passSettling(LOOK_EVERY_MS);
    expect([phases.map(([phase]) => phase), heard, outcome?.kind]).toEqual([
      ['checking', 'known'],
      [ORDER],
      'accepted',
    ]);
  });

  test('is not given up while the desk cannot be asked', async () => {
    found = { ok: false, problem: unanswered('network') };
    await answered(no(unanswered('network')));
    await timing.passSettling(120_000, 1_000);
    expect([phases, outcome?.kind]).toEqual([[['checking', 'network']], 'unknown']);
    found = { ok: true, status: 200, body: null };
    await timing.passSettling(3 * LOOK_EVERY_MS);
    expect(phases.at(-1)).toEqual(['absent', 'not_arrived']);
  });

  test('that the desk does not have for ten seconds after its request is over is absent', async () => {
    await timing.passSettling(WORD_MS);
    await timing.passSettling(30_000, 1_000);
    expect(phases.at(-1)?.[0]).toBe('checking'); // the request may still arrive
    await answered(no(unanswered('timeout')));
    await timing.passSettling(ABSENT_MS - LOOK_EVERY_MS);
    expect(phases.at(-1)?.[0]).toBe('checking');
    await timing.passSettling(2 * LOOK_EVERY_MS);
    expect(phases.at(-1)).toEqual(['absent', 'not_arrived']);
    pressed.seen(ORDER);
    expect(phases.at(-1)?.[0]).toBe('known');
  });

  test("a gateway's error page is no answer of the desk's", async () => {
    await answered(no(problemOf(502, undefined)));
    expect(phases).toEqual([['checking', 'http_502']]);
  });
});

test('what is known is never asked for again, in any order of events', () => {
  const event = fc.constantFrom<PressedEvent>('word', 'refusal', 'silence', 'not_found');
  fc.assert(
    fc.property(fc.array(event), (events) => {
      let phase: PressedPhase = 'sending';
      let known = false;
      for (const each of events) {
        phase = pressedNext(phase, each);
        known ||= phase === 'known';
        if (known) expect(['known', 'refused']).toContain(phase);
      }
    }),
  );
});
