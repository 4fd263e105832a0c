import { describe, expect, it } from 'vitest';
import { PAGE } from '../../../src/core/candles';
import { unanswered, type Answer } from '../../../src/core/problem';
import type { Candle, CandlesView } from '../../../src/core/wire';
import { CandleHistory, type CandleQuery, type Change } from '../../../src/features/chart/history';
import { candle, SYMBOL } from './fixtures';

const MINUTE = 60_000;
const KEY = { account: 'sim', symbol: SYMBOL, interval: '1m' as const };

/** A desk whose answers the test gives, and a clock that it moves. */
class Desk {
  readonly asked: CandleQuery[] = [];
  readonly changes: Change[] = [];
  readonly waiting: { ms: number; run: () => void; off: boolean }[] = [];
  private readonly answers: ((answer: Answer<CandlesView>) => void)[] = [];
  readonly history = new CandleHistory(
    {
      ask: (query) => {
        this.asked.push(query);
        return new Promise((resolve) => this.answers.push(resolve));
      },
      later: (ms, run) => {
        const timer = { ms, run, off: false };
        this.waiting.push(timer);
        return () => (timer.off = true);
      },
    },
    (change) => this.changes.push(change),
  );

  async answer(candles: Candle[] | null): Promise<void> {
    const view = { account: 'sim', symbol: SYMBOL, interval: '1m', candles: candles ?? [] };
    this.answers.shift()?.(
      candles === null ? { ok: false, problem: unanswered('network') } : { ok: true, status: 200, body: view },
    );
    await new Promise((resolve) => setImmediate(resolve));
  }

  elapse(): void {
    for (const timer of this.waiting.splice(0)) if (!timer.off) timer.run();
  }

  get minutes(): number[] {
    return this.history.series.map((each) => each.start_ms / MINUTE);
  }
}

function minutes(...each: number[]): Candle[] {
  return each.map((minute) => candle(minute * MINUTE));
}

async function opened(...each: number[]): Promise<Desk> {
  const desk = new Desk();
  desk.history.open(KEY);
  await desk.answer(minutes(...each));
  return desk;
}

describe('candles under the chart', () => {
  it('are the newest page, and live ones on top', async () => {
    const desk = await opened(10, 11);
    expect(desk.asked).toEqual([{ ...KEY, limit: PAGE }]);
    desk.history.live(candle(11 * MINUTE, '2'));
    desk.history.live(candle(12 * MINUTE));
    expect(desk.minutes).toEqual([10, 11, 12]);
    expect(desk.history.phase).toBe('ready');
  });

  it('are asked for again, a little after one has closed: its last state may not have come', async () => {
    const desk = await opened(10, 11);
    desk.history.live(candle(12 * MINUTE));
    expect(desk.asked).toHaveLength(1);
    desk.elapse();
    expect(desk.asked).toHaveLength(2);
    await desk.answer([candle(11 * MINUTE, '9'), ...minutes(12)]);
    expect(desk.history.series[1]?.volume).toBe('9');
  });

  it('are asked for again where some were missed', async () => {
    const desk = await opened(10, 11);
    desk.history.live(candle(15 * MINUTE));
    expect(desk.asked.at(-1)).toEqual({ ...KEY, limit: PAGE });
    await desk.answer(minutes(11, 12, 13, 14));
    expect(desk.minutes).toEqual([10, 11, 12, 13, 14, 15]);
  });

  it('go back page by page, one at a time, until there are no more', async () => {
    const desk = await opened(10, 11);
    void desk.history.older();
    void desk.history.older();
    expect(desk.asked.slice(1)).toEqual([{ ...KEY, until: 10 * MINUTE, limit: PAGE }]);
    await desk.answer(minutes(8, 9));
    expect(desk.minutes).toEqual([8, 9, 10, 11]);
    void desk.history.older();
    await desk.answer([]);
    expect(desk.history.exhausted).toBe(true);
    void desk.history.older();
    expect(desk.asked).toHaveLength(3);
  });

  it('of another market never mix with these', async () => {
    const desk = await opened(10);
    void desk.history.older();
    desk.history.open({ ...KEY, interval: '5m' });
    await desk.answer(minutes(1, 2)); // the older page of the first
    expect(desk.minutes).toEqual([]);
    desk.history.live(candle(12 * MINUTE));
    expect(desk.minutes).toEqual([]);
  });

  it('are asked for until they come', async () => {
    const desk = new Desk();
    desk.history.open(KEY);
    await desk.answer(null);
    expect(desk.history.phase).toBe('failed');
    expect(desk.waiting.map((timer) => timer.ms)).toEqual([1_000]);
    desk.elapse();
    await desk.answer(null);
    expect(desk.waiting.map((timer) => timer.ms)).toEqual([2_000]);
    desk.elapse();
    await desk.answer(minutes(10));
    expect([desk.history.phase, desk.minutes]).toEqual(['ready', [10]]);
  });

  it('are asked for no more once the chart is gone', async () => {
    const desk = await opened(10);
    desk.history.live(candle(11 * MINUTE));
    desk.history.close();
    desk.elapse();
    expect(desk.asked).toHaveLength(1);
  });
});
