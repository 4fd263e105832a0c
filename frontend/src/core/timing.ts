/** Time, chance and the screen's frames, as arguments. */

export interface Timing {
  nowMs(): number;
  /** Runs once, after so long; the answer calls it off. */
  after(ms: number, run: () => void): () => void;
  /** In [0, 1). */
  chance(): number;
}

/** Runs once, before the next paint. */
export type NextFrame = (run: () => void) => void;

export const browserTiming: Timing = {
  nowMs: () => Date.now(),
  after(ms, run) {
    const timer = setTimeout(run, ms);
    return () => clearTimeout(timer);
  },
  chance: () => Math.random(),
};
