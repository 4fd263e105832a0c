import { beforeAll, beforeEach, describe, expect, test, vi } from 'vitest';
import type { link as Link, PartPhase } from '../../../src/state/link.svelte';

let link: typeof Link;
let orders: (phase: PartPhase) => void;
let market: (phase: PartPhase) => void;

// the first import compiles
beforeAll(() => import('../../../src/state/link.svelte'), 60_000);

beforeEach(async () => {
  vi.resetModules();
  vi.useFakeTimers();
  ({ link } = await import('../../../src/state/link.svelte'));
  [orders, market] = [link.part('orders'), link.part('market')];
  return () => vi.useRealTimers();
});

function live(): void {
  orders('live');
  market('live');
}

describe('the page is', () => {
  test('connecting until everything was live once', () => {
    expect(link.phase).toBe('connecting');
    orders('live');
    expect(link.phase).toBe('connecting');
    market('live');
    expect([link.phase, link.downSinceMs, link.caughtUp]).toEqual(['live', null, null]);
  });

  test('down since the network went, also where it had not come to be live', () => {
    orders('live');
    link.online(false);
    expect(link.phase).toBe('offline');
    expect(link.downSinceMs).toBe(Date.now());
  });

  test('reconnecting while one part is down, replaying while one catches up', () => {
    live();
    orders('down');
    expect(link.phase).toBe('reconnecting');
    orders('replaying');
    expect(link.phase).toBe('replaying');
    market('down');
    expect(link.phase).toBe('reconnecting');
  });

  test('offline where the browser says so, whatever the sockets say', () => {
    live();
    link.online(false);
    expect(link.phase).toBe('offline');
    link.online(true);
    expect(link.phase).toBe('live');
  });

  test('down since the first break, through all that follows', () => {
    live();
    orders('down');
    const sinceMs = link.downSinceMs;
    vi.advanceTimersByTime(5_000);
    orders('replaying');
    market('down');
    link.online(false);
    expect(link.downSinceMs).toBe(sinceMs);
  });
});

describe('back again, it says', () => {
  test('how many events were missed, of every part together', () => {
    live();
    orders('down');
    link.missed(200);
    link.missed(14);
    orders('live');
    expect(link.caughtUp).toMatchObject({ events: 214 });
    orders('down');
    vi.advanceTimersByTime(2_000);
    orders('live');
    expect(link.caughtUp).toMatchObject({ events: 0 });
  });

  test('nothing after a blink in which nothing was missed', () => {
    live();
    orders('down');
    vi.advanceTimersByTime(300);
    orders('live');
    expect([link.phase, link.caughtUp]).toEqual(['live', null]);
  });
});
