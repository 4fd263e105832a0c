import fc from 'fast-check';
import { expect, test } from 'vitest';
import { currenciesOf, dayOf, draw, lastDays, series, totalOf, type EquityDay } from '../../../src/core/equity_days';

const DAYS = ['2026-11-20', '2026-11-21', '2026-11-22'];

function day(account: string, at: number, equity: string | null, net = '0', currency = 'USDT'): EquityDay {
  return {
    account,
    currency,
    day: DAYS[at] ?? '2026-10-01',
    equity,
    realised_gross: net,
    realised_net: net,
    fees: '0.5',
    fills: 1,
    start_ms: 0,
  };
}

const POINT = { gross: '0', fees: '0' };

test('the last days end with the day of now, in UTC', () => {
  expect(lastDays(Date.parse('2026-03-01T00:30:00Z'), 3)).toEqual(['2026-02-27', '2026-02-28', '2026-03-01']);
  expect(dayOf(Date.parse('2026-03-01T23:59:59.999Z'))).toBe('2026-03-01');
});

test('accounts are summed, as far as each is known', () => {
  const known = [
    day('a', 0, '100.10', '1'),
    day('a', 1, '100.10'),
    day('a', 2, '99', '-2.5'),
    day('b', 1, '50', '0.25'),
  ];
  const points = series([...known, day('b', 2, '50')], 'USDT', DAYS);
  expect(points.map(({ equity }) => equity)).toEqual(['100.1', '150.1', '149']);
  expect(points.map(({ net }) => net)).toEqual(['1', '0.25', '-2.5']);
  expect(totalOf(points)).toEqual({ net: '-1.25', gross: '-1.25', fees: '2.5' });
});

test('what is outside of the range or not known yet is not drawn', () => {
  const points = series([day('a', 9, '7', '3'), day('a', 1, null, '2')], 'USDT', DAYS);
  expect(points.map(({ equity }) => equity)).toEqual([null, null, null]);
  expect(points.map(({ net }) => net)).toEqual(['0', '2', '0']);
});

test('currencies are never added to each other', () => {
  const known = [day('a', 0, '1'), day('a', 0, '2', '3', 'USDC')];
  expect(currenciesOf(known)).toEqual(['USDC', 'USDT']);
  expect(series(known, 'USDC', DAYS)[0]).toEqual({ day: DAYS[0], equity: '2', net: '3', gross: '3', fees: '0.5' });
  expect(series(known, 'EUR', DAYS)[0]?.equity).toBeNull();
});

test('gains stand above the zero line, losses hang below it', () => {
  const points = [
    { day: 'a', equity: '100', net: '4', ...POINT },
    { day: 'b', equity: '104', net: '-2', ...POINT },
    { day: 'c', equity: null, net: '0', ...POINT },
  ];
  const { bars, zeroY, line } = draw(points, 300, 200);
  expect(bars).toHaveLength(2);
  expect(bars[0]).toMatchObject({ gain: true });
  expect((bars[0]?.y ?? 0) + (bars[0]?.height ?? 0)).toBeCloseTo(zeroY);
  expect(bars[1]).toMatchObject({ gain: false, y: zeroY });
  expect(line.map(({ x }) => x)).toEqual([50, 150]);
  expect(line[1]?.y ?? 0).toBeLessThan(line[0]?.y ?? 0);
});

test('whatever the figures, nothing is drawn outside of the box', () => {
  const money = fc.integer({ min: -1_000_000, max: 1_000_000 }).map((n) => (n / 100).toFixed(2));
  const point = fc.record({ equity: fc.option(money), net: money }).map((each) => ({ day: 'd', ...POINT, ...each }));
  fc.assert(
    fc.property(fc.array(point, { maxLength: 90 }), (points) => {
      const { line, bars } = draw(points, 400, 200);
      for (const { x, y } of line) expect(x >= 0 && x <= 400 && y >= 0 && y <= 200).toBe(true);
      for (const { y, height } of bars) expect(y >= -1 && y + height <= 201).toBe(true);
    }),
  );
});
