import fc from 'fast-check';
import { beforeEach, describe, expect, test } from 'vitest';
import { Feed, type FeedPhase } from '../../../src/core/feed';
import { OrderFold } from '../../../src/core/reduce';
import type { Order, StreamEvent } from '../../../src/core/wire';
import { Wires } from './scripted_wire';
import { eventsOf, orderVectors } from './vectors';
import { VirtualTiming } from './virtual_timing';

const LOG = eventsOf(orderVectors, 'many');

/** The desk's end of the stream: a log, and a cursor for each place in it. */
class ScriptedDesk {
  readonly timing = new VirtualTiming();
  readonly wires = new Wires();
  readonly fold = new OrderFold();
  readonly phases: FeedPhase[] = [];
  readonly missed: number[] = [];
  signedOut = 0;
  unreachable = 0;
  /** How much of the log is written. */
  written = 0;
  /** Cursors before it are no longer kept. */
  kept = 0;
  private sent = 0;
  readonly feed: Feed<Order>;

  constructor() {
    const ends = {
      begin: (snapshot: readonly Order[]) => void this.fold.begin(snapshot),
      apply: (events: readonly StreamEvent[]) => events.forEach((event) => this.fold.take(event)),
      phase: (phase: FeedPhase) => void this.phases.push(phase),
      caughtUp: (events: number) => void this.missed.push(events),
      latency: () => undefined,
      signedOut: () => void (this.signedOut += 1),
      unreachable: () => void (this.unreachable += 1),
    };
    this.feed = new Feed('/ws/orders', ends, this.wires.open, this.timing);
  }

  get after(): string | null {
    return new URL(this.wires.last.address, 'http://desk').searchParams.get('after');
  }

  /** Lets the client in, and begins as it asked. */
  accept(): void {
    const { after } = this;
    if (after !== null && Number(after) < this.kept) {
      this.wires.last.open();
      this.wires.last.breakOff(4410);
      return;
    }
    this.wires.last.open();
    this.wires.last.say({ problem: { code: 'unknown_field' } });
    if (after === null) {
      this.sent = this.written;
      this.wires.last.say({ after: null, cursor: `${this.sent}`, events: [], snapshot: this.snapshot() });
    } else {
      this.sent = Number(after);
      this.pour();
      this.wires.last.answer(true);
    }
  }

  write(count: number): void {
    this.written = Math.min(LOG.length, this.written + count);
  }

  /** What is written and was not sent yet; `lost` of it never arrives. */
  pour(lost = 0): void {
    const from = this.sent;
    this.sent = this.written;
    if (from === this.sent) return;
    const events = LOG.slice(from + lost, this.sent);
    if (events.length === 0) return;
    this.wires.last.say({ after: `${from + lost}`, cursor: `${this.sent}`, events });
  }

  private snapshot(): Order[] {
    return [...foldOf(LOG.slice(0, this.written)).living.values()];
  }
}

function foldOf(events: readonly StreamEvent[]): OrderFold {
  const fold = new OrderFold();
  for (const event of events) fold.take(event);
  return fold;
}

let desk: ScriptedDesk;

beforeEach(() => {
  desk = new ScriptedDesk();
});

describe('a stream', () => {
  test('begins with a snapshot and goes on live', () => {
    desk.write(10);
    desk.feed.line.start();
    desk.accept();
    expect([desk.after, desk.phases]).toEqual([null, ['live']]);
    desk.write(5);
    desk.pour();
    expect(desk.fold.living).toEqual(foldOf(LOG.slice(0, 15)).living);
    expect(desk.missed).toEqual([]);
  });

  test('comes back after the last frame that it took, and counts what it missed', () => {
    desk.feed.line.start();
    desk.accept();
    desk.write(4);
    desk.pour();
    desk.wires.last.breakOff();
    desk.write(7);
    desk.timing.pass(0);
    expect(desk.after).toBe('4');
    desk.accept();
    expect([desk.missed, desk.feed.phase]).toEqual([[7], 'live']);
    desk.write(3);
    desk.pour();
    expect(desk.missed).toEqual([7]);
    expect(desk.phases).toEqual(['live', 'down', 'replaying', 'live']);
  });

  test('that missed nothing says so', () => {
    desk.feed.line.start();
    desk.accept();
    desk.wires.last.breakOff(1001);
    desk.timing.pass(0);
    desk.accept();
    expect([desk.missed, desk.feed.phase]).toEqual([[0], 'live']);
  });

  test('is replayed until the desk says that all of the past has been sent, however slowly it comes', () => {
    desk.feed.line.start();
    desk.accept();
    desk.wires.last.breakOff();
    desk.timing.pass(0);
    desk.wires.last.open();
    expect(desk.feed.phase).toBe('replaying');
    let cursor = 0;
    for (const count of [416, 500, 3, 84]) {
      const events = Array.from({ length: count }, () => LOG[0]);
      desk.wires.last.say({ after: `${cursor}`, cursor: `${(cursor += count)}`, events });
      desk.timing.pass(2_000);
      desk.wires.last.answer(false);
      expect(desk.feed.phase).toBe('replaying');
      desk.timing.pass(50); // asks again
    }
    desk.wires.last.answer(true);
    expect([desk.missed, desk.feed.phase]).toEqual([[1003], 'live']);
    desk.wires.last.say({ after: `${cursor}`, cursor: 'next', events: LOG.slice(0, 1) });
    expect(desk.missed).toEqual([1003]);
  });

  test('has not caught up before the desk has answered', () => {
    desk.feed.line.start();
    desk.accept();
    desk.wires.last.breakOff();
    desk.timing.pass(0);
    desk.wires.last.open();
    desk.timing.pass(2_000);
    expect([desk.missed, desk.feed.phase]).toEqual([[], 'replaying']);
    desk.wires.last.answer(true);
    expect([desk.missed, desk.feed.phase]).toEqual([[0], 'live']);
  });

  test('that breaks while it asks is asked about no more, but on its next socket', () => {
    desk.feed.line.start();
    desk.accept();
    desk.wires.last.breakOff();
    desk.timing.pass(0);
    desk.wires.last.open();
    desk.wires.last.answer(false);
    const before = desk.wires.last;
    before.breakOff();
    const asked = before.sent.length;
    desk.timing.pass(5_000);
    expect(before.sent.length).toBe(asked);
    desk.accept();
    expect(desk.feed.phase).toBe('live');
  });

  test('comes back for a frame that is missing, and applies nothing across the gap', () => {
    desk.feed.line.start();
    desk.accept();
    desk.write(4);
    desk.pour();
    desk.write(6);
    desk.pour(2);
    expect(desk.fold.living).toEqual(foldOf(LOG.slice(0, 4)).living);
    expect(desk.after).toBe('4');
    desk.accept();
    expect(desk.fold.living).toEqual(foldOf(LOG.slice(0, 10)).living);
  });

  test('takes a new snapshot where the desk goes on from elsewhere', () => {
    desk.write(3);
    desk.feed.line.start();
    desk.accept();
    desk.wires.last.breakOff();
    desk.timing.pass(0);
    desk.wires.last.open();
    desk.wires.last.say({ after: 'elsewhere', cursor: '9', events: LOG.slice(3, 9) });
    expect(desk.after).toBe(null);
  });

  test('takes a new snapshot where its cursor is no longer kept', () => {
    desk.feed.line.start();
    desk.accept();
    desk.wires.last.breakOff();
    desk.write(LOG.length);
    desk.kept = 20;
    desk.timing.pass(0);
    expect(desk.after).toBe('0');
    desk.accept();
    expect(desk.after).toBe(null);
    desk.accept();
    expect(desk.fold.living).toEqual(foldOf(LOG).living);
  });

  test('that was too slow comes back with its own cursor at once', () => {
    desk.feed.line.start();
    desk.accept();
    desk.write(4);
    desk.pour();
    desk.wires.last.say({ problem: { code: 'too_slow', cursor: '4' } });
    desk.wires.last.breakOff(4408);
    expect(desk.after).toBe('4');
  });

  test('ends with the session, and goes on with the next from where it was', () => {
    desk.feed.line.start();
    desk.accept();
    desk.write(4);
    desk.pour();
    desk.wires.last.breakOff(4401);
    desk.timing.pass(60_000);
    expect([desk.signedOut, desk.wires.all.length, desk.feed.phase]).toEqual([1, 1, 'down']);
    desk.feed.line.start();
    expect(desk.after).toBe('4');
  });

  test('that cannot be dialed says so', () => {
    desk.feed.line.start();
    desk.wires.last.breakOff();
    expect(desk.unreachable).toBe(1);
  });
});

test('whatever breaks on the way, it comes to what the desk holds', () => {
  const action = fc.oneof(
    fc.record({ do: fc.constant('write' as const), count: fc.nat(12) }),
    fc.record({
      do: fc.constantFrom('pour', 'gap', 'break', 'silence', 'slow', 'stop', 'forget', 'redial'),
      count: fc.nat(5),
    }),
  );
  fc.assert(
    fc.property(fc.array(action, { maxLength: 40 }), (actions) => {
      const it = new ScriptedDesk();
      const begin = (): void => {
        for (let tries = 0; it.feed.phase === 'down' && tries < 100; tries += 1) {
          it.feed.line.start();
          it.timing.pass(700); // it waits for 15 s at most, and dials for 10
          it.accept();
        }
      };
      it.feed.line.start();
      it.accept();
      for (const { do: what, count } of actions) {
        if (what === 'write') it.write(count);
        else if (what === 'pour') it.pour();
        else if (what === 'gap') it.pour(count);
        else if (what === 'break') it.wires.last.breakOff();
        else if (what === 'silence') it.timing.pass(30_000);
        else if (what === 'slow') it.wires.last.breakOff(4408);
        else if (what === 'stop') it.wires.last.breakOff(4401);
        else if (what === 'redial') it.feed.line.redial(true);
        else it.kept = it.written;
        begin();
      }
      it.write(LOG.length);
      it.pour();
      begin();
      expect(it.feed.phase).toBe('live');
      expect(it.fold.living).toEqual(foldOf(LOG).living);
    }),
    { numRuns: 200 },
  );
});
