/** The canvas: candles and volume drawn by lightweight-charts. Decimal text becomes coordinates here, and only here. */

import {
  CandlestickSeries,
  ColorType,
  createChart,
  CrosshairMode,
  HistogramSeries,
  TickMarkType,
  type AutoscaleInfo,
  type CandlestickData,
  type HistogramData,
  type IChartApi,
  type ISeriesApi,
  type Time,
  type UTCTimestamp,
  type WhitespaceData,
} from 'lightweight-charts';
import { gaps, type Interval } from '../../core/candles';
import { shown } from '../../core/money';
import type { Candle } from '../../core/wire';
import type { Palette } from './palette';
import { widened } from './scale';

export interface ViewEvents {
  /** The scales moved: whatever lies over the canvas must follow, in the same frame. */
  moved(): void;
  /** The start of the candle under the crosshair; null when it has left. */
  hovered(startMs: number | null): void;
  /** The oldest candles are about to come into view. */
  nearStart(): void;
}

const EVERY_MS = 100;
const NEAR_START = 40;
const LONGEST_GAP = 120; // candles

type Point = CandlestickData<Time> | WhitespaceData<Time>;
type Bar = HistogramData<Time> | WhitespaceData<Time>;

export class ChartView {
  private readonly chart: IChartApi;
  private readonly candles: ISeriesApi<'Candlestick'>;
  private readonly volume: ISeriesApi<'Histogram'>;
  private colours: Palette;
  private series: readonly Candle[] = [];
  private interval: Interval = '1m';
  private lines: readonly number[] = [];
  private readonly pending = new Set<'last' | 'whole' | 'room'>();
  private timer: ReturnType<typeof setTimeout> | undefined;
  private drawnMs = 0;
  private drawnStartMs = Infinity;

  constructor(
    private readonly host: HTMLElement,
    colours: Palette,
    events: ViewEvents,
  ) {
    this.colours = colours;
    this.chart = createChart(host, {
      autoSize: true,
      layout: { attributionLogo: false, fontSize: 11, fontFamily: getComputedStyle(host).fontFamily },
      crosshair: { mode: CrosshairMode.Normal },
      // a finger that moves up or down scrolls the page
      handleScroll: { vertTouchDrag: false },
      timeScale: {
        timeVisible: true,
        secondsVisible: false,
        rightOffsetPixels: 40,
        minBarSpacing: 1,
        tickMarkFormatter,
      },
      localization: { timeFormatter },
      rightPriceScale: { scaleMargins: { top: 0.1, bottom: 0.22 }, minimumWidth: 64 },
    });
    this.candles = this.chart.addSeries(CandlestickSeries, {
      autoscaleInfoProvider: (original: () => AutoscaleInfo | null) => this.autoscaled(original()),
    });
    this.volume = this.chart.addSeries(HistogramSeries, {
      priceScaleId: 'volume',
      priceFormat: { type: 'volume' },
      lastValueVisible: false,
      priceLineVisible: false,
    });
    this.volume.priceScale().applyOptions({ scaleMargins: { top: 0.84, bottom: 0 } });
    this.candles.attachPrimitive({ updateAllViews: () => events.moved() });
    this.chart.subscribeCrosshairMove(({ time }) => {
      events.hovered(typeof time === 'number' ? time * 1000 : null);
    });
    this.chart.timeScale().subscribeVisibleLogicalRangeChange((range) => {
      if (range !== null && range.from < NEAR_START && this.series.length > 0) events.nearStart();
    });
    this.paint(colours);
  }

  dispose(): void {
    clearTimeout(this.timer);
    this.chart.remove();
  }

  paint(colours: Palette): void {
    this.colours = colours;
    this.chart.applyOptions({
      layout: { background: { type: ColorType.Solid, color: colours.background }, textColor: colours.text },
      grid: { vertLines: { color: colours.grid }, horzLines: { color: colours.grid } },
      rightPriceScale: { borderColor: colours.grid },
      timeScale: { borderColor: colours.grid },
      crosshair: {
        vertLine: { color: colours.text, labelBackgroundColor: colours.edge },
        horzLine: { color: colours.text, labelBackgroundColor: colours.edge },
      },
    });
    const { up, down } = colours;
    this.candles.applyOptions({
      upColor: up,
      downColor: down,
      borderUpColor: up,
      borderDownColor: down,
      wickUpColor: up,
      wickDownColor: down,
    });
    this.changed('whole');
  }

  /** Prices are written and moved by the instrument's tick. */
  format(tick: string, places: number): void {
    this.candles.applyOptions({
      priceFormat: {
        type: 'custom',
        minMove: Number(tick),
        formatter: (price: number) => shown(String(price), { places }),
      },
    });
  }

  /** Another market or interval: the newest candles come into view. */
  reset(interval: Interval): void {
    this.interval = interval;
    this.chart.timeScale().applyOptions({ timeVisible: interval !== '1d' });
    this.chart.timeScale().resetTimeScale();
    this.chart.priceScale('right').applyOptions({ autoScale: true });
  }

  /** Drawn at most ten times a second; what was asked for last is always drawn. */
  show(series: readonly Candle[], change: 'last' | 'whole'): void {
    this.series = series;
    this.changed(change);
  }

  /** The lines that the scale should make room for where they are near. */
  makeRoomFor(prices: readonly string[]): void {
    const numbers = prices.map(Number);
    if (numbers.length === this.lines.length && numbers.every((each, i) => each === this.lines[i])) return;
    this.lines = numbers;
    this.changed('room');
  }

  /** Pixels from the top of the pane; null before there is a scale. */
  yOf(price: string): number | null {
    return this.candles.priceToCoordinate(Number(price));
  }

  valueAt(y: number): number | null {
    return this.candles.coordinateToPrice(y);
  }

  get height(): number {
    return this.chart.panes()[0]?.getHeight() ?? 0;
  }

  get width(): number {
    return this.chart.timeScale().width();
  }

  get axisWidth(): number {
    return this.chart.priceScale('right').width();
  }

  private changed(change: 'last' | 'whole' | 'room'): void {
    this.pending.add(change);
    if (this.timer !== undefined) return;
    const wait = Math.max(0, this.drawnMs + EVERY_MS - performance.now());
    this.timer = setTimeout(() => this.draw(), wait);
  }

  private draw(): void {
    this.timer = undefined;
    this.drawnMs = performance.now();
    const pending = new Set(this.pending);
    this.pending.clear();
    if (pending.has('last') || pending.has('whole')) this.drawCandles(pending.has('whole'));
    if (pending.has('room')) this.makeRoom();
  }

  private makeRoom(): void {
    // the newest candles stay clear of the labels
    const clear = this.lines.length === 0 ? 40 : Math.min(130, this.host.clientWidth / 4);
    this.chart.timeScale().applyOptions({ rightOffsetPixels: clear });
    this.candles.applyOptions({}); // scales anew
  }

  private drawCandles(whole: boolean): void {
    // where a new candle began since, the one before it has changed too
    const fresh = this.series.slice(-2).filter((candle) => candle.start_ms >= this.drawnStartMs);
    if (!whole && fresh.length > 0) {
      for (const candle of fresh) {
        this.candles.update(pointOf(candle));
        this.volume.update(this.barOf(candle));
      }
    } else {
      const missing = gaps(this.series, this.interval, LONGEST_GAP).map((at) => ({ time: secondsOf(at) }));
      this.candles.setData(ordered<Point>(this.series.map(pointOf), missing));
      this.volume.setData(
        ordered<Bar>(
          this.series.map((candle) => this.barOf(candle)),
          missing,
        ),
      );
    }
    this.drawnStartMs = this.series.at(-1)?.start_ms ?? Infinity;
    this.host.dataset['candles'] = String(this.series.length);
  }

  private barOf(candle: Candle): HistogramData<Time> {
    const { open, close } = pointOf(candle);
    const color = close >= open ? this.colours.upFaint : this.colours.downFaint;
    return { time: secondsOf(candle.start_ms), value: Number(candle.volume), color };
  }

  private autoscaled(info: AutoscaleInfo | null): AutoscaleInfo | null {
    if (info === null || info.priceRange === null) return info;
    const { minValue, maxValue } = info.priceRange;
    const { low, high } = widened({ low: minValue, high: maxValue }, this.lines);
    return { ...info, priceRange: { minValue: low, maxValue: high } };
  }
}

function secondsOf(ms: number): UTCTimestamp {
  return (ms / 1000) as UTCTimestamp;
}

function pointOf(candle: Candle): CandlestickData<Time> {
  return {
    time: secondsOf(candle.start_ms),
    open: Number(candle.open),
    high: Number(candle.high),
    low: Number(candle.low),
    close: Number(candle.close),
  };
}

function ordered<Item extends WhitespaceData<Time>>(points: Item[], missing: readonly WhitespaceData<Time>[]): Item[] {
  if (missing.length === 0) return points;
  return [...points, ...(missing as Item[])].sort((a, b) => Number(a.time) - Number(b.time));
}

const CLOCK = new Intl.DateTimeFormat(undefined, { hour: '2-digit', minute: '2-digit', hourCycle: 'h23' });
const DAY = new Intl.DateTimeFormat(undefined, { day: 'numeric', month: 'short' });
const MONTH = new Intl.DateTimeFormat(undefined, { month: 'short' });
const YEAR = new Intl.DateTimeFormat(undefined, { year: 'numeric' });
const MOMENT = new Intl.DateTimeFormat(undefined, {
  day: 'numeric',
  month: 'short',
  hour: '2-digit',
  minute: '2-digit',
  hourCycle: 'h23',
});

/** This browser's time, where the library would write UTC. */
function timeFormatter(time: Time): string {
  return MOMENT.format(Number(time) * 1000);
}

function tickMarkFormatter(time: Time, type: TickMarkType): string {
  const ms = Number(time) * 1000;
  if (type === TickMarkType.Year) return YEAR.format(ms);
  if (type === TickMarkType.Month) return MONTH.format(ms);
  return type === TickMarkType.DayOfMonth ? DAY.format(ms) : CLOCK.format(ms);
}
