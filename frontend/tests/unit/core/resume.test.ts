import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { LONG_AWAY_MS, resumed, type ResumeEffect, type ResumeEvent, type ResumeState } from '../../../src/core/resume';

const START: ResumeState = { attention: 'shown', online: true, sinceMs: 0 };
const event = fc.constantFrom<ResumeEvent>('hidden', 'shown', 'online', 'offline', 'restored', 'tick');

function after(steps: readonly (readonly [ResumeEvent, number])[], state = START): [ResumeState, ResumeEffect[]] {
  const effects: ResumeEffect[] = [];
  for (const [what, atMs] of steps) {
    const [next, effect] = resumed(state, what, atMs);
    state = next;
    effects.push(effect);
  }
  return [state, effects];
}

describe('coming back', () => {
  test.each<[string, [ResumeEvent, number][], ResumeEffect]>([
    [
      'after a glance elsewhere the sockets are asked',
      [
        ['hidden', 0],
        ['shown', 5_000],
      ],
      'probe',
    ],
    [
      'after half a minute they are dialed anew',
      [
        ['hidden', 0],
        ['shown', LONG_AWAY_MS + 1],
      ],
      'redial',
    ],
    ['out of the page cache they are dialed anew', [['restored', 10]], 'redial'],
    [
      'with the network they are dialed anew',
      [
        ['offline', 0],
        ['online', 1],
      ],
      'redial',
    ],
    [
      'without a network nothing is dialed',
      [
        ['offline', 0],
        ['hidden', 1],
        ['shown', 60_000],
      ],
      null,
    ],
    ['a network that never went is no news', [['online', 5]], null],
    [
      'a clock that jumped was a sleep',
      [
        ['tick', 5_000],
        ['tick', 65_000],
      ],
      'redial',
    ],
    [
      'a clock that goes on is none',
      [
        ['tick', 5_000],
        ['tick', 10_000],
      ],
      null,
    ],
    [
      'the tick of a hidden page says nothing',
      [
        ['hidden', 0],
        ['tick', 65_000],
      ],
      null,
    ],
    [
      'hidden twice counts from the first',
      [
        ['hidden', 0],
        ['hidden', 20_000],
        ['shown', 31_000],
      ],
      'redial',
    ],
  ])('%s', (_, steps, effect) => {
    expect(after(steps)[1].at(-1)).toBe(effect);
  });
});

describe('in any order of events', () => {
  const steps = fc.array(fc.tuple(event, fc.integer({ min: 0, max: 100_000 })), { maxLength: 30 }).map((all) => {
    let nowMs = 0;
    return all.map(([what, passed]): [ResumeEvent, number] => [what, (nowMs += passed)]);
  });

  test('nothing is dialed or asked while there is no network', () => {
    fc.assert(
      fc.property(steps, (all) => {
        let state = START;
        for (const [what, atMs] of all) {
          const [next, effect] = resumed(state, what, atMs);
          if (!next.online && (effect === 'redial' || effect === 'probe')) return false;
          state = next;
        }
        return true;
      }),
    );
  });

  test('whoever was away for long and comes back to a network is dialed anew', () => {
    fc.assert(
      fc.property(steps, fc.integer({ min: LONG_AWAY_MS + 1, max: 10_000_000 }), (all, awayMs) => {
        const lastMs = all.at(-1)?.[1] ?? 0;
        const [state] = after([...all, ['online', lastMs], ['shown', lastMs], ['hidden', lastMs]]);
        return resumed(state, 'shown', lastMs + awayMs)[1] === 'redial';
      }),
    );
  });

  test('what the browser said last is what is held true', () => {
    fc.assert(
      fc.property(steps, (all) => {
        const [state] = after(all);
        const network = all.filter(([what]) => what === 'online' || what === 'offline').at(-1)?.[0] ?? 'online';
        return state.online === (network === 'online');
      }),
    );
  });
});
