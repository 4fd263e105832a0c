import { beforeAll, beforeEach, describe, expect, test, vi } from 'vitest';
import type { link as Link } from '../../../src/state/link.svelte';
import type { orders as Orders } from '../../../src/state/orders.svelte';
import type { session as Session } from '../../../src/state/session.svelte';
import { ScriptedWire } from '../../unit/core/scripted_wire';
import { DeskDouble, eventOf, orderOf } from './desk_double';

let desk: DeskDouble;
let wires: ScriptedWire[];
let session: typeof Session;
let link: typeof Link;
let orders: typeof Orders;
let visibility: DocumentVisibilityState;

// the first import compiles
beforeAll(() => import('../../../src/state/desk'), 60_000);

beforeEach(async () => {
  vi.resetModules();
  vi.useFakeTimers();
  desk = new DeskDouble();
  [wires, visibility] = [[], 'visible'];
  vi.spyOn(document, 'visibilityState', 'get').mockImplementation(() => visibility);
  vi.stubGlobal('requestAnimationFrame', (run: () => void) => setTimeout(run, 16));
  vi.stubGlobal(
    'WebSocket',
    class extends ScriptedWire {
      constructor(address: URL) {
        super(address.pathname + address.search);
        wires.push(this);
      }
    },
  );
  ({ session } = await import('../../../src/state/session.svelte'));
  ({ link } = await import('../../../src/state/link.svelte'));
  ({ orders } = await import('../../../src/state/orders.svelte'));
  const stop = (await import('../../../src/state/desk')).startDesk();
  return () => {
    stop();
    vi.restoreAllMocks();
    vi.useRealTimers();
    vi.unstubAllGlobals();
  };
});

const tick = (ms = 0): Promise<unknown> => vi.advanceTimersByTimeAsync(ms);

async function signedIn(): Promise<void> {
  desk.last('GET', '/api/session').answer(200, { user: 'owner', device: null });
  await tick();
}

function latest(path: string): ScriptedWire {
  const found = wires.filter(({ address }) => address.startsWith(path)).at(-1);
  if (found === undefined) throw new Error(`${path} was not dialed`);
  return found;
}

function up(): void {
  for (const path of ['/ws/orders', '/ws/positions', '/ws/market']) {
    const wire = latest(path);
    wire.open();
    if (path !== '/ws/market') wire.say({ after: null, cursor: `${path}-1`, events: [], snapshot: [] });
    wire.say({ pong: 1 });
  }
}

function look(next: DocumentVisibilityState): void {
  visibility = next;
  document.dispatchEvent(new Event('visibilitychange'));
}

describe('the page', () => {
  test('dials nothing until somebody is signed in', async () => {
    expect(wires).toEqual([]);
    await signedIn();
    expect(wires.map(({ address }) => address)).toEqual(['/ws/orders', '/ws/positions', '/ws/market']);
    up();
    expect([link.phase, link.latencyMs]).toEqual(['live', 0]);
  });

  test('shows what the stream brings', async () => {
    await signedIn();
    up();
    latest('/ws/orders').say({
      after: '/ws/orders-1',
      cursor: '2',
      events: [eventOf(orderOf('a', { status: 'open' }))],
    });
    await tick(20);
    expect(orders.get('a')?.order.status).toBe('open');
  });

  test('back from half a minute away dials everything anew, and goes on after its cursors', async () => {
    await signedIn();
    up();
    look('hidden');
    await tick(31_000);
    const dialed = wires.length;
    look('visible');
    expect(wires.slice(dialed).map(({ address }) => address)).toEqual([
      '/ws/orders?after=%2Fws%2Forders-1',
      '/ws/positions?after=%2Fws%2Fpositions-1',
      '/ws/market',
    ]);
  });

  test('back from a glance elsewhere asks each socket for a sign of life', async () => {
    await signedIn();
    up();
    look('hidden');
    await tick(1_000);
    look('visible');
    expect([wires.length, wires.map((wire) => wire.sent.length)]).toEqual([3, [2, 2, 2]]);
    await tick(5_000);
    expect(wires.every((wire) => wire.isClosed)).toBe(true);
  });

  test('says when there is no network, and dials when there is', async () => {
    await signedIn();
    up();
    dispatchEvent(new Event('offline'));
    expect(link.phase).toBe('offline');
    dispatchEvent(new Event('online'));
    expect(wires.length).toBe(6);
  });

  test('claims nothing of what was missed before the sockets are up again, though they never noticed', async () => {
    await signedIn();
    up();
    dispatchEvent(new Event('offline'));
    await tick(3_000);
    dispatchEvent(new Event('online'));
    expect([link.phase, link.caughtUp]).toEqual(['reconnecting', null]);
    for (const path of ['/ws/orders', '/ws/positions', '/ws/market']) latest(path).open();
    const event = eventOf(orderOf('a', { status: 'open' }));
    latest('/ws/orders').say({ after: '/ws/orders-1', cursor: '2', events: [event] });
    for (const path of ['/ws/orders', '/ws/positions', '/ws/market']) latest(path).answer(true);
    expect([link.phase, link.caughtUp?.events]).toEqual(['live', 1]);
  });

  test('counts as missed what the network held back, though it came by a socket that outlived the break', async () => {
    await signedIn();
    up();
    dispatchEvent(new Event('offline'));
    await tick(3_000);
    const event = eventOf(orderOf('a', { status: 'open' }));
    latest('/ws/orders').say({ after: '/ws/orders-1', cursor: '2', events: [event] });
    dispatchEvent(new Event('online'));
    for (const path of ['/ws/orders', '/ws/positions', '/ws/market']) {
      latest(path).open();
      latest(path).answer(true);
    }
    expect([link.phase, link.caughtUp?.events]).toEqual(['live', 1]);
  });

  test('begins from new snapshots once an account is on the list no more: what it held goes with it', async () => {
    await signedIn();
    up();
    const { accounts } = await import('../../../src/state/accounts.svelte');
    const listed = async (...names: string[]): Promise<void> => {
      void accounts.refresh();
      desk.last('GET', '/api/accounts').answer(
        200,
        names.map((name) => ({ name })),
      );
      await tick(20);
    };
    await listed('sim', 'old');
    const event = eventOf(orderOf('a', { account: 'old', status: 'open' }));
    latest('/ws/orders').say({ after: '/ws/orders-1', cursor: '2', events: [event] });
    await tick(20);
    expect(orders.rows).toHaveLength(1);
    const dialed = wires.length;
    await listed('sim', 'old');
    expect(wires).toHaveLength(dialed);

    await listed('sim');
    expect(wires.slice(dialed).map(({ address }) => address)).toEqual(['/ws/orders', '/ws/positions']);
    latest('/ws/orders').open();
    latest('/ws/orders').say({ after: null, cursor: '3', events: [], snapshot: [] });
    await tick(20);
    expect(orders.rows).toHaveLength(0);
  });

  test('that is signed out elsewhere hangs up, asks in place, and goes on where it was', async () => {
    await signedIn();
    up();
    latest('/ws/orders').breakOff(4401);
    expect([session.lost, wires.every((wire, at) => at === 0 || wire.isClosed)]).toEqual([true, true]);
    await tick(60_000);
    expect(wires.length).toBe(3);
    const done = session.signIn('code', 'here');
    desk.last('POST', '/api/session').answer(201, { user: 'owner', device: null });
    await done;
    expect(latest('/ws/orders').address).toBe('/ws/orders?after=%2Fws%2Forders-1');
  });

  test('that cannot dial asks whether it is still signed in', async () => {
    await signedIn();
    await tick(6_000);
    latest('/ws/orders').breakOff(1006);
    expect(desk.of('GET', '/api/session').length).toBe(2);
  });
});
