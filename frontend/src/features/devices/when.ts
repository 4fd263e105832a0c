/** When a browser was last used, in words. */

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
const DAY_MS = 24 * HOUR_MS;

const UNITS: readonly [number, Intl.RelativeTimeFormatUnit][] = [
  [365 * DAY_MS, 'year'],
  [30 * DAY_MS, 'month'],
  [DAY_MS, 'day'],
  [HOUR_MS, 'hour'],
];

const words = new Intl.RelativeTimeFormat('en', { numeric: 'auto' });

/** "3 hours ago", "yesterday"; null within the hour, which is as exactly as the desk keeps it. */
export function agoInWords(thenMs: number, nowMs: number): string | null {
  const agoMs = Math.max(0, nowMs - thenMs);
  const unit = UNITS.find(([ms]) => agoMs >= ms);
  return unit === undefined ? null : words.format(-Math.floor(agoMs / unit[0]), unit[1]);
}

/** "9:07" of what is left; "0:00" when nothing is. */
export function countdown(untilMs: number, nowMs: number): string {
  const seconds = Math.max(0, Math.ceil((untilMs - nowMs) / 1_000));
  return `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, '0')}`;
}
