import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { gaps, isInterval, KEPT, leavesGap, merged, spanOf, take } from '../../../src/core/candles';
import type { Candle } from '../../../src/core/wire';

const MINUTE = 60_000;

function candle(minute: number, volume = '1', close = '100'): Candle {
  return {
    kind: 'candle',
    symbol: 'BTC/USDT:USDT',
    interval: '1m',
    start_ms: minute * MINUTE,
    open: '100',
    high: '101',
    low: '99',
    close,
    volume,
  };
}

/** One truth: the state of a minute follows from its volume, as a real candle's does. */
const state = fc
  .record({ minute: fc.integer({ min: 0, max: 30 }), volume: fc.integer({ min: 0, max: 5 }) })
  .map(({ minute, volume }) => candle(minute, String(volume), String(100 + volume)));
const history = fc.uniqueArray(state, { selector: (each) => each.start_ms }).map(sorted);

function sorted(candles: readonly Candle[]): Candle[] {
  return [...candles].sort((a, b) => a.start_ms - b.start_ms);
}

describe('merged', () => {
  it('does not depend on the order, and repeats change nothing', () => {
    fc.assert(
      fc.property(history, history, (a, b) => {
        const both = merged(a, b);
        expect(merged(b, a)).toEqual(both);
        expect(merged(both, a)).toEqual(both);
        expect(both).toEqual(sorted(both));
        expect(new Set(both.map((each) => each.start_ms)).size).toBe(both.length);
      }),
    );
  });

  it('keeps of each minute the state with the most volume', () => {
    fc.assert(
      fc.property(history, history, (a, b) => {
        for (const each of merged(a, b)) {
          const states = [...a, ...b].filter((other) => other.start_ms === each.start_ms);
          expect(Number(each.volume)).toBe(Math.max(...states.map((other) => Number(other.volume))));
        }
      }),
    );
  });
});

describe('take', () => {
  it('ends where merging ends, whatever the order of arrival', () => {
    fc.assert(
      fc.property(history, fc.array(state), (known, live) => {
        const series = [...known];
        for (const each of live) take(series, each);
        expect(series).toEqual(live.reduce((all, each) => merged(all, [each]), known));
      }),
    );
  });

  it('says what changed', () => {
    const series = [candle(1), candle(2)];
    expect(take(series, candle(3)).kind).toBe('last');
    expect(take(series, candle(3, '2')).kind).toBe('last');
    expect(take(series, candle(3, '2')).kind).toBe('none');
    expect(take(series, candle(3, '1')).kind).toBe('none');
    expect(take(series, candle(2, '7')).kind).toBe('whole');
    expect(take(series, candle(0)).kind).toBe('whole');
  });

  it('keeps a bounded number', () => {
    const series = Array.from({ length: KEPT }, (_, minute) => candle(minute));
    take(series, candle(KEPT));
    expect(series).toHaveLength(KEPT);
    expect(series[0]?.start_ms).toBe(MINUTE);
  });
});

describe('gaps', () => {
  it('notices what was missed while nothing came', () => {
    expect(leavesGap([], candle(9), '1m')).toBe(false);
    expect(leavesGap([candle(1)], candle(2), '1m')).toBe(false);
    expect(leavesGap([candle(1)], candle(3), '1m')).toBe(true);
  });

  it('fills what is missing, each gap to a bound', () => {
    fc.assert(
      fc.property(history, fc.integer({ min: 1, max: 40 }), (series, most) => {
        const missing = gaps(series, '1m', most);
        const starts = series.map((each) => each.start_ms);
        expect(missing.every((at) => !starts.includes(at))).toBe(true);
        const bounded = starts.slice(1).map((at, i) => Math.min(most, (at - (starts[i] as number)) / MINUTE - 1));
        expect(missing).toHaveLength(bounded.reduce((sum, count) => sum + count, 0));
      }),
    );
  });
});

it('knows its intervals', () => {
  expect(isInterval('4h')).toBe(true);
  expect(isInterval('7m')).toBe(false);
  expect(spanOf('1d')).toBe(86_400_000);
});
