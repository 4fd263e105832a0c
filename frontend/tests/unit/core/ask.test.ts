import { describe, expect, test } from 'vitest';
import { PATIENCE_MS, untilAnswered } from '../../../src/core/ask';
import type { Outcome } from '../../../src/core/pending';
import { problemOf, unanswered, type Answer } from '../../../src/core/problem';
import type { CommandResult } from '../../../src/core/wire';
import { settled, VirtualTiming } from './virtual_timing';

const DONE: CommandResult = { command_id: 'c', outcome: 'accepted', order: null, orders: [], note: 'flat' };

function asked(answers: Answer<CommandResult>[]): {
  timing: VirtualTiming;
  sent: () => number;
  outcome: Promise<Outcome>;
} {
  const timing = new VirtualTiming();
  let sent = 0;
  const outcome = untilAnswered(() => {
    const answer = answers[Math.min(sent, answers.length - 1)] as Answer<CommandResult>;
    sent += 1;
    return Promise.resolve(answer);
  }, timing);
  return { timing, sent: () => sent, outcome };
}

const good: Answer<CommandResult> = { ok: true, status: 200, body: DONE };
const lost: Answer<CommandResult> = { ok: false, problem: unanswered('timeout') };

describe('a command', () => {
  test('that is answered is asked once', async () => {
    const { sent, outcome } = asked([good]);
    expect(await outcome).toEqual({ kind: 'accepted', orders: [], note: 'flat' });
    expect(sent()).toBe(1);
  });

  test('that is in doubt says so', async () => {
    const { outcome } = asked([{ ok: true, status: 202, body: { ...DONE, outcome: 'in_doubt' } }]);
    expect((await outcome).kind).toBe('in_doubt');
  });

  test('that is refused is not asked again', async () => {
    const { sent, outcome } = asked([
      { ok: false, problem: problemOf(422, { code: 'halted', detail: 'halted' }) },
      good,
    ]);
    expect(await outcome).toMatchObject({ kind: 'refused', problem: { code: 'halted' } });
    expect(sent()).toBe(1);
  });

  test('that nobody answered is asked again until somebody does', async () => {
    const { timing, sent, outcome } = asked([lost, lost, good]);
    await timing.passSettling(3_000);
    expect((await outcome).kind).toBe('accepted');
    expect(sent()).toBe(3);
  });

  test('is let go after a while: it must not come as a surprise', async () => {
    const { timing, sent, outcome } = asked([lost]);
    await timing.passSettling(PATIENCE_MS + 5_000, 500);
    expect(await outcome).toMatchObject({ kind: 'unknown', problem: { code: 'timeout' } });
    const before = sent();
    timing.pass(60_000);
    await settled();
    expect(sent()).toBe(before);
  });
});
