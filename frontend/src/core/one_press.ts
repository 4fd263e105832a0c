/** What is told of a press; of DOM events, as they are. */
export interface Press {
  /** When the hand made it, not when the page came to hear of it: a page that stood still hears of two at once. */
  readonly timeStamp: number;
  /** Of a key: it is held down. */
  readonly repeat?: boolean;
  /** Of a click: which one it is of a double or triple click; 0 by key. */
  readonly detail?: number;
}

/** A press this soon after another one is a double tap, or a key held down. */
const ONE_PRESS_MS = 700;

/** Tells a press that is meant from its echo: each press, counted or not, starts the time anew. */
export class OnePress {
  private lastMs = -Infinity;

  /** Presses made before `sinceMs` were meant for something else: what is pressed was not there yet. */
  constructor(private readonly sinceMs = -Infinity) {}

  /** Whether this press counts. */
  admits({ timeStamp, repeat = false, detail = 0 }: Press): boolean {
    const echo = repeat || detail > 1 || timeStamp < this.sinceMs || timeStamp - this.lastMs < ONE_PRESS_MS;
    this.lastMs = Math.max(this.lastMs, timeStamp);
    return !echo;
  }
}
