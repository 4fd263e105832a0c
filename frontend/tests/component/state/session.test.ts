import { beforeAll, beforeEach, describe, expect, test, vi } from 'vitest';
import type { session as Session } from '../../../src/state/session.svelte';
import { DeskDouble } from './desk_double';

const VIEW = { user: 'owner', scope: 'trade', owner: true, device: { device_id: 'd', name: 'Chrome' } };

let desk: DeskDouble;
let session: typeof Session;
let told: boolean[];

// the first import compiles
beforeAll(() => import('../../../src/state/session.svelte'), 60_000);

beforeEach(async () => {
  vi.resetModules();
  vi.useFakeTimers();
  desk = new DeskDouble();
  ({ session } = await import('../../../src/state/session.svelte'));
  told = [];
  session.listen((signedIn) => told.push(signedIn));
  return () => {
    vi.useRealTimers();
    vi.unstubAllGlobals();
  };
});

async function begun(status: number, body: object): Promise<void> {
  const start = session.start();
  desk.last('GET', '/api/session').answer(status, body);
  await start;
}

const nobody = { code: 'not_signed_in', detail: '' };

describe('at the start', () => {
  test('whoever is signed in goes on', async () => {
    await begun(200, VIEW);
    expect([session.phase, session.device?.name, told]).toEqual(['signed_in', 'Chrome', [true]]);
  });

  test('whoever is not has lost nothing', async () => {
    await begun(401, nobody);
    expect([session.phase, session.lost]).toEqual(['signed_out', false]);
  });

  test('a desk that cannot be reached is asked until it can', async () => {
    const start = session.start();
    for (let tries = 0; tries < 4; tries += 1) {
      desk.last('GET', '/api/session').lose();
      await vi.advanceTimersByTimeAsync(2_000);
      expect(session.phase).toBe('unknown');
    }
    desk.last('GET', '/api/session').answer(200, VIEW);
    await start;
    expect([session.phase, desk.asked.length]).toEqual(['signed_in', 5]);
  });
});

describe('a session', () => {
  test('that is over while the page is used is lost, and asks in place', async () => {
    await begun(200, VIEW);
    session.end();
    expect([session.phase, session.lost, told]).toEqual(['signed_out', true, [true, false]]);
    const done = session.signIn('K7QM3XPD', 'Chrome');
    expect(desk.last('POST', '/api/session').body).toEqual({ code: 'K7QM3XPD', device: 'Chrome' });
    desk.last('POST', '/api/session').answer(201, VIEW);
    expect(await done).toBeNull();
    expect([session.phase, session.lost, told]).toEqual(['signed_in', false, [true, false, true]]);
  });

  test('that another request finds over is lost too', async () => {
    await begun(200, VIEW);
    const { api } = await import('../../../src/core/api');
    const answer = api.get('/api/accounts');
    desk.last('GET', '/api/accounts').answer(401, nobody);
    await answer;
    expect([session.phase, session.lost]).toEqual(['signed_out', true]);
  });

  test('that was ended on purpose is not lost', async () => {
    await begun(200, VIEW);
    const done = session.signOut();
    desk.last('DELETE', '/api/session').answer(204);
    await done;
    expect([session.phase, session.lost]).toEqual(['signed_out', false]);
  });

  test('is not ended by a desk that did not hear', async () => {
    await begun(200, VIEW);
    const done = session.signOut();
    desk.last('DELETE', '/api/session').lose();
    await done;
    expect(session.phase).toBe('signed_in');
  });

  test('is not begun by a wrong code', async () => {
    await begun(401, nobody);
    const done = session.signIn('WRONG', 'Chrome');
    desk.last('POST', '/api/session').answer(401, { code: 'wrong_code', detail: '' });
    expect(await done).toMatchObject({ code: 'wrong_code' });
    expect([session.phase, session.lost]).toEqual(['signed_out', false]);
  });

  test('that may be over is asked about, and not too often', async () => {
    await begun(200, VIEW);
    await vi.advanceTimersByTimeAsync(5_000);
    const look = session.look();
    void session.look();
    void session.look();
    expect(desk.of('GET', '/api/session').length).toBe(2);
    desk.last('GET', '/api/session').answer(401, nobody);
    await look;
    expect([session.phase, session.lost]).toEqual(['signed_out', true]);
  });
});
