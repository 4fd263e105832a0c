/** What a ticker says, as text. */

import { mul, shown, sign } from '../../core/money';

/** A fraction as a signed percentage: `0.0124` is `+1.24%`. */
export function percent(fraction: string, places: number): string {
  return `${shown(mul(fraction, '100'), { places, signed: true })}%`;
}

/** The colour of a gain or a loss; its sign is in the text. */
export function toneOf(value: string | null): string {
  const side = value === null ? 0 : sign(value);
  return side > 0 ? 'text-up' : side < 0 ? 'text-down' : 'text-muted';
}

/** Hours, minutes and seconds until a time; nothing below zero. */
export function countdown(untilMs: number, nowMs: number): string {
  const seconds = Math.max(0, Math.floor((untilMs - nowMs) / 1000));
  const parts = [Math.floor(seconds / 3600), Math.floor(seconds / 60) % 60, seconds % 60];
  return parts.map((part) => String(part).padStart(2, '0')).join(':');
}
