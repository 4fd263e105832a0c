/** Keeps the lines' elements where the canvas has their prices. Written straight to the DOM: it runs with every scroll. */

import { beside, stacked } from './scale';

export interface Scale {
  yOf(price: string): number | null;
  /** Of the pane, without its axes. */
  readonly width: number;
  readonly height: number;
  readonly axisWidth: number;
}

/** A line's element. Its label is at the right, and moves aside for others. */
export interface Pinned {
  readonly element: HTMLElement;
  readonly label: HTMLElement;
  /** Its price on the axis. */
  readonly tag: HTMLElement;
  price(): string;
  /** Labels of a lower rank choose their places first; what finds none is not shown. */
  rank(): number;
}

interface Measured {
  readonly each: Pinned;
  readonly y: number | null;
  readonly rank: number;
  readonly wide: number;
}

/** A label at the edge stays whole, and clear of the legend at the top. */
const TOP = 36;
const BOTTOM = 15;
const TAG_HEIGHT = 20;
/** A tag that would stand further from its line than this is not shown: the label tells the price instead. */
const TAG_ASTRAY = 30;
const AXIS_GAP = 6;

export class Board {
  private readonly pinned = new Set<Pinned>();
  private placed: readonly number[] = [];
  private awaited = false;
  private readonly widths = new WeakMap<HTMLElement, number>();
  private readonly resized: ResizeObserver;

  constructor(private readonly scale: Scale) {
    this.resized = new ResizeObserver((entries) => {
      for (const { target, borderBoxSize } of entries) {
        this.widths.set(target as HTMLElement, borderBoxSize[0]?.inlineSize ?? 0);
      }
      this.place();
    });
  }

  pin(pinned: Pinned): () => void {
    this.pinned.add(pinned);
    this.resized.observe(pinned.label);
    this.soon();
    return () => {
      this.pinned.delete(pinned);
      this.resized.unobserve(pinned.label);
      this.soon();
    };
  }

  dispose(): void {
    this.resized.disconnect();
    this.pinned.clear();
  }

  /** As `place`, before the next paint: once for all lines that change together, and outside of what changes them. */
  soon(): void {
    if (this.awaited) return;
    this.awaited = true;
    queueMicrotask(() => {
      this.awaited = false;
      if (this.pinned.size > 0) this.place();
    });
  }

  /** Every line to its price; one beyond the pane to the edge, marked so. Nothing is written where nothing has moved. */
  place(): void {
    const { width, height, axisWidth } = this.scale;
    const measured = [...this.pinned].map((each) => ({
      each,
      y: this.scale.yOf(each.price()),
      rank: each.rank(),
      wide: this.widths.get(each.label) ?? 0,
    }));
    const now = [width, height, axisWidth, ...measured.flatMap(({ y, rank, wide }) => [y ?? NaN, rank, wide])];
    if (now.length === this.placed.length && now.every((each, i) => Object.is(each, this.placed[i]))) return;
    this.placed = now;
    this.write(measured.sort((a, b) => a.rank - b.rank));
  }

  private write(measured: readonly Measured[]): void {
    const { width, height, axisWidth } = this.scale;
    const standing = measured.flatMap(({ each, y, wide }) => {
      each.element.hidden = y === null || height === 0;
      if (y === null) return [];
      const beyond = y < 0 ? 'above' : y > height ? 'below' : 'no';
      return [{ each, wide, beyond, at: beyond === 'no' ? y : beyond === 'above' ? TOP : height - BOTTOM }];
    });
    const labels = standing.map(({ at, wide }) => ({ y: at, width: wide }));
    const places = beside(labels, { width: width - AXIS_GAP, height });
    const inside = standing.filter(({ beyond }) => beyond === 'no');
    const ys = inside.map(({ at }) => at);
    const tags = new Map(stacked(ys, TAG_HEIGHT, TAG_ASTRAY).map((y, i) => [inside[i]?.each, y]));
    standing.forEach(({ each, beyond, at }, i) => {
      const place = places[i] ?? null;
      const tag = tags.get(each) ?? null;
      mark(each.element, 'beyond', beyond);
      mark(each.element, 'tag', tag === null ? 'no' : 'yes');
      each.element.style.top = `${at}px`;
      each.element.style.setProperty('--axis', `${axisWidth}px`);
      mark(each.label, 'room', place === null ? 'no' : 'yes');
      if (place !== null) each.label.style.transform = `translate(${-place.shift}px, calc(-50% + ${place.y - at}px))`;
      each.tag.style.transform = `translateY(calc(-50% + ${(tag ?? at) - at}px))`;
    });
  }
}

function mark(element: HTMLElement, name: string, value: string): void {
  if (element.dataset[name] !== value) element.dataset[name] = value;
}
