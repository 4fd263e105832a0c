/** A press this soon after another one is a double tap, or a key held down. */
const ONE_PRESS_MS = 700;

/** Tells a press that is meant from its echo: each press, counted or not, starts the time anew. */
export class OnePress {
  private lastMs = -Infinity;

  /** Whether this press counts. `atMs` is of a clock that only goes forward. */
  admits(atMs: number): boolean {
    const echo = atMs - this.lastMs < ONE_PRESS_MS;
    this.lastMs = atMs;
    return !echo;
  }
}
