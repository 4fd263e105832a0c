/** The open positions, one signal a row, valued by live marks. */
import { PositionFold, isHeld, positionKey } from '../core/reduce';
import { figuresOf, type PositionFigures } from '../core/position_figures';
import { Store } from '../core/store';
import { browserTiming } from '../core/timing';
import type { Position, PositionSide, StreamEvent, Ticker } from '../core/wire';
import { instruments } from './instruments.svelte';
import { tickers } from './market.svelte';
import { nextFrame } from './wires';

const VALUE_EVERY_MS = 200;

export class PositionRow {
  readonly key: string;
  position = $state.raw<Position>() as Position;
  mark = $state<string | null>(null);
  /** When the mark came; 0 for the one that the position was last changed at. */
  markMs = $state(0);
  /** Recomputed at most five times a second. */
  figures = $state.raw<PositionFigures>() as PositionFigures;
  #stop: () => void;
  #freshMark: { mark: string; atMs: number } | null = null;
  #waits = false;

  constructor(position: Position) {
    this.key = positionKey(position);
    this.position = position;
    this.mark = position.mark;
    this.figures = figuresOf(position, undefined, position.mark);
    const unwatch = tickers.watch(position.account, position.symbol, (ticker, atMs) => this.#hear(ticker, atMs));
    const stopValuing = $effect.root(() => {
      $effect(() => {
        const instrument = instruments.get(this.position.account, this.position.symbol);
        this.figures = figuresOf(this.position, instrument, this.mark);
      });
    });
    this.#stop = () => {
      unwatch();
      stopValuing();
    };
  }

  /** It is held no more. */
  end(): void {
    this.#stop();
  }

  #hear(ticker: Ticker, atMs: number): void {
    const mark = ticker.mark ?? ticker.last;
    if (mark === null) return;
    this.#freshMark = { mark, atMs };
    if (this.#waits) return;
    this.#value();
    this.#waits = true;
    browserTiming.after(VALUE_EVERY_MS, () => {
      this.#waits = false;
      this.#value();
    });
  }

  #value(): void {
    if (this.#freshMark === null) return;
    this.mark = this.#freshMark.mark;
    this.markMs = this.#freshMark.atMs;
    this.#freshMark = null;
  }
}

class Positions {
  rows = $state.raw<readonly PositionRow[]>([]);
  readonly #byKey = new Map<string, PositionRow>();
  readonly #listeners = new Set<(position: Position) => void>();
  readonly #store = new Store<Position, PositionFold>(new PositionFold(), nextFrame, (changed) => this.#flush(changed));

  /** The leg of that side; without one, the first open leg. */
  get(account: string, symbol: string, side?: PositionSide): PositionRow | undefined {
    return this.rows.find(
      ({ position }) =>
        position.account === account && position.symbol === symbol && (side === undefined || position.side === side),
    );
  }

  begin(snapshot: readonly Position[]): void {
    this.#store.begin(snapshot);
  }

  apply(events: readonly StreamEvent[]): void {
    this.#store.apply(events);
  }

  listen(listener: (position: Position) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  #flush(changed: ReadonlySet<string>): void {
    let others = false;
    for (const key of changed) {
      const position = this.#store.fold.get(key);
      const row = this.#byKey.get(key);
      if (position === undefined || !isHeld(position)) {
        row?.end();
        others = this.#byKey.delete(key) || others;
      } else if (row !== undefined) {
        row.position = position;
      } else {
        this.#byKey.set(key, new PositionRow(position));
        others = true;
      }
      if (position !== undefined) for (const listener of this.#listeners) listener(position);
    }
    if (others) this.rows = [...this.#byKey.values()].sort((a, b) => (a.key < b.key ? -1 : 1));
  }
}

export const positions = new Positions();
