/** How long to wait before the next attempt. */

const FIRST_MS = 250;
const MOST_MS = 15_000;

/** 0, 0.25, 0.5, 1, 2 … 15 s, for ever; spread over its upper half by `chance` in [0, 1). */
export function delayMs(failures: number, chance: number): number {
  if (failures <= 0) return 0;
  const whole = Math.min(MOST_MS, FIRST_MS * 2 ** Math.min(failures - 1, 10));
  return whole * (0.5 + chance / 2);
}
