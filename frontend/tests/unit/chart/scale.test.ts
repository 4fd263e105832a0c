import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { isOnGrid } from '../../../src/core/money';
import { beside, priceAt, stacked, stepped, widened, type Label } from '../../../src/features/chart/scale';

const price = fc.integer({ min: 1, max: 10_000 });

describe('widened', () => {
  it('makes room for the lines nearby and leaves the far ones out', () => {
    expect(widened({ low: 100, high: 200 }, [90, 230, 1000])).toEqual({ low: 90, high: 230 });
    expect(widened({ low: 100, high: 200 }, [150])).toEqual({ low: 100, high: 200 });
    expect(widened({ low: 100, high: 200 }, [251])).toEqual({ low: 100, high: 200 });
  });

  it('never hides a candle, and grows to one and a half at most', () => {
    fc.assert(
      fc.property(price, price, fc.array(price), (low, span, lines) => {
        const candles = { low, high: low + span };
        const range = widened(candles, lines);
        expect(range.low).toBeLessThanOrEqual(candles.low);
        expect(range.high).toBeGreaterThanOrEqual(candles.high);
        expect(range.high - range.low).toBeLessThanOrEqual(span * 1.5);
      }),
    );
  });
});

describe('a price under the pointer', () => {
  it('is on the tick, near what was pointed at, and written like one', () => {
    expect(priceAt(59_729.04, '0.1')).toBe('59729.0');
    expect(priceAt(0.04, '0.1')).toBe('0.1');
    expect(priceAt(-3, '0.5')).toBe('0.5');
    fc.assert(
      fc.property(
        fc.double({ min: 1, max: 100_000, noNaN: true }),
        fc.constantFrom('0.05', '0.1', '0.5', '1', '10'),
        (at, tick) => {
          const found = priceAt(at, tick);
          expect(isOnGrid(found, tick)).toBe(true);
          if (at > Number(tick)) expect(Math.abs(Number(found) - at)).toBeLessThanOrEqual(Number(tick) / 2 + 1e-6);
        },
      ),
    );
  });

  it('goes tick by tick, back to where it came from, and not below one tick', () => {
    expect(stepped('59729.0', 1, '0.1')).toBe('59729.1');
    expect(stepped('59729', -10, '0.1')).toBe('59728.0');
    expect(stepped('0.2', -10, '0.1')).toBe('0.1');
    fc.assert(
      fc.property(price, fc.integer({ min: 1, max: 50 }), (from, ticks) => {
        expect(Number(stepped(stepped(String(from + 100), ticks, '0.5'), -ticks, '0.5'))).toBe(from + 100);
      }),
    );
  });
});

describe('labels side by side', () => {
  const WIDE = { width: 10_000, height: 400 };
  const PHONE = { width: 290, height: 230 };
  const label = fc.record({ y: fc.integer({ min: 15, max: 215 }), width: fc.integer({ min: 20, max: 160 }) });

  function covers(labels: readonly Label[], room: typeof WIDE): boolean {
    const places = beside(labels, room);
    return places.some((a, i) =>
      places.slice(0, i).some((b, j) => {
        if (a === null || b === null) return false;
        const [wide, other] = [labels[i]?.width ?? 0, labels[j]?.width ?? 0];
        return Math.abs(a.y - b.y) < 30 && a.shift < b.shift + other && b.shift < a.shift + wide;
      }),
    );
  }

  it('never cover one another where there is room, and stay at their lines', () => {
    fc.assert(
      fc.property(fc.array(label, { maxLength: 12 }), (labels) => {
        expect(covers(labels, WIDE)).toBe(false);
        expect(beside(labels, WIDE).map((place) => place?.y)).toEqual(labels.map((each) => each.y));
      }),
    );
  });

  it('go above or below where a phone is too narrow, and stay in its pane', () => {
    fc.assert(
      fc.property(fc.array(label, { maxLength: 12 }), (labels) => {
        expect(covers(labels, PHONE)).toBe(false);
        const places = beside(labels, PHONE);
        expect(places.slice(0, 4).every((place) => place !== null)).toBe(true);
        places.forEach((place, i) => {
          if (place === null) return;
          const { shift, y } = place;
          expect(shift + (labels[i]?.width ?? 0)).toBeLessThanOrEqual(PHONE.width);
          expect(y).toBeGreaterThanOrEqual(15);
          expect(y).toBeLessThanOrEqual(PHONE.height - 15);
        });
      }),
    );
  });

  it('stay at the axis where there is room; the first chooses first', () => {
    const apart = [
      { y: 20, width: 50 },
      { y: 100, width: 50 },
    ];
    expect(beside(apart, WIDE).map((place) => place?.shift)).toEqual([0, 0]);
    const near = [
      { y: 20, width: 50 },
      { y: 22, width: 40 },
    ];
    expect(beside(near, WIDE).map((place) => place?.shift)).toEqual([0, 54]);
    expect(beside(near, { width: 80, height: 230 })).toEqual([
      { shift: 0, y: 20 },
      { shift: 0, y: 52 },
    ]);
  });
});

it('keeps the tags on the axis apart, each near its line or not there', () => {
  expect(stacked([10, 100], 20, 30)).toEqual([10, 100]);
  expect(stacked([10, 11, 12, 100], 20, 30)).toEqual([10, 30, null, 100]);
  fc.assert(
    fc.property(fc.array(fc.integer({ min: 0, max: 400 }), { maxLength: 30 }), (ys) => {
      const places = stacked(ys, 20, 30);
      const shown = places.filter((place) => place !== null).sort((a, b) => a - b);
      shown.slice(1).forEach((place, i) => expect(place - (shown[i] as number)).toBeGreaterThanOrEqual(20));
      places.forEach((place, i) => {
        const aside = (place ?? (ys[i] as number)) - (ys[i] as number);
        expect(aside >= 0 && aside <= 30).toBe(true);
      });
    }),
  );
});
