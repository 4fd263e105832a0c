import { cleanup, render, screen } from '@testing-library/svelte';
import { flushSync } from 'svelte';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import ConnectionBanner from '../../../src/features/app/ConnectionBanner.svelte';
import { known } from '../../../src/features/app/known.svelte';
import { clock } from '../../../src/state/clock.svelte';
import { link } from '../../../src/state/link.svelte';

const AT = 1_000_000;

function at(ms: number): string {
  clock.nowMs = AT + ms;
  flushSync();
  return screen.queryByRole('status')?.textContent?.trim() ?? '';
}

beforeEach(() => {
  clock.nowMs = AT;
  known.yet = true;
  Object.assign(link, { phase: 'live', downSinceMs: null, caughtUp: null });
  render(ConnectionBanner);
});

afterEach(cleanup);

describe('ConnectionBanner', () => {
  it('keeps quiet for two seconds, then says how old everything is', () => {
    Object.assign(link, { phase: 'reconnecting', downSinceMs: AT });
    expect(at(1_900)).toBe('');
    expect(at(8_100)).toBe('Reconnecting. What you see is 8 s old.');
    expect(at(180_000)).toContain('3 min old');
  });

  it('says that nothing is lost while offline', () => {
    Object.assign(link, { phase: 'offline', downSinceMs: AT });
    expect(at(5_000)).toContain('You are offline. What you see is 5 s old');
  });

  it('says for six seconds how many events were missed', () => {
    link.caughtUp = { events: 214, atMs: AT };
    expect(at(0)).toBe('Caught up: 214 events missed and replayed.');
    expect(at(5_900)).not.toBe('');
    expect(at(6_100)).toBe('');
    link.caughtUp = { events: 1, atMs: AT + 6_100 };
    expect(at(6_200)).toBe('Caught up: 1 event missed and replayed.');
    link.caughtUp = { events: 0, atMs: AT + 6_200 };
    expect(at(6_300)).toContain('nothing was missed');
  });

  it('claims no age for what was never known', () => {
    known.yet = false;
    link.phase = 'offline';
    expect(at(1_000)).toBe('');
    expect(at(2_100)).toContain('they show here once there is a connection');
    link.phase = 'connecting';
    expect(at(4_000)).toBe('The desk has not answered for 4 s. Trying again.');
  });
});
