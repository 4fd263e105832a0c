/** Decimal text and its arithmetic. Nothing here is ever a JavaScript number but counts of places. */
import Big from 'big.js';

/** `down` is towards zero, `up` away from it. */
export type Rounding = 'down' | 'half_up' | 'up';

const MODE = { down: Big.roundDown, half_up: Big.roundHalfUp, up: Big.roundUp } as const;
const STRICT = /^-?\d{1,30}(\.\d{1,30})?$/;
const TYPED = /^-?(\d+([.,]\d*)?|[.,]\d+)$/;
const GAPS = /[\s\u202f\u2009\u00a0_']/g;
const THIN_SPACE = '\u202f';
const MINUS = '\u2212';

/** Plain decimal text as the desk writes it: no exponent, no plus, no bare point. */
export function isDecimal(text: string): boolean {
  return STRICT.test(text);
}

/**
 * What a person typed, as plain decimal text; `null` if it is no number.
 *
 * A comma is taken for the decimal point, unless exactly three digits follow it: "1,000" is one to some and a thousand
 * to others.
 */
export function readDecimal(typed: string): string | null {
  const text = typed.replace(GAPS, '').replace(MINUS, '-');
  if (!TYPED.test(text) || /^-?[1-9]\d{0,2},\d{3}$/.test(text)) return null;
  const [whole = '', fraction = ''] = text.replace('-', '').replace(',', '.').split('.');
  const digits = `${whole.replace(/^0+(?=\d)/, '') || '0'}${fraction === '' ? '' : `.${fraction}`}`;
  const value = `${text.startsWith('-') ? '-' : ''}${digits}`;
  return isDecimal(value) ? value : null;
}

export function add(a: string, b: string): string {
  return plain(new Big(a).plus(b));
}

export function sub(a: string, b: string): string {
  return plain(new Big(a).minus(b));
}

export function mul(a: string, b: string): string {
  return plain(new Big(a).times(b));
}

/** To so many places. Throws on a divisor of zero. */
export function div(a: string, b: string, places: number, rounding: Rounding): string {
  const Divided = Big();
  Divided.DP = places;
  Divided.RM = MODE[rounding];
  return plain(new Divided(a).div(b));
}

export function neg(a: string): string {
  return plain(new Big(a).times(-1));
}

export function abs(a: string): string {
  return plain(new Big(a).abs());
}

export function sum(values: Iterable<string>): string {
  let total = new Big(0);
  for (const value of values) total = total.plus(value);
  return plain(total);
}

export function compare(a: string, b: string): -1 | 0 | 1 {
  return new Big(a).cmp(b);
}

export function isZero(a: string): boolean {
  return new Big(a).eq(0);
}

export function sign(a: string): -1 | 0 | 1 {
  return compare(a, '0');
}

export function min(a: string, b: string): string {
  return compare(a, b) <= 0 ? a : b;
}

export function max(a: string, b: string): string {
  return compare(a, b) >= 0 ? a : b;
}

/** The multiple of `step` next to `value` on zero's side: never more than was asked. */
export function floorTo(value: string, step: string): string {
  return toGrid(value, step, 'down');
}

/** The multiple of `tick` nearest to `value`, or on the side that `rounding` says. */
export function roundTo(value: string, tick: string, rounding: Rounding = 'half_up'): string {
  return toGrid(value, tick, rounding);
}

/** Whether `value` is a whole number of steps. */
export function isOnGrid(value: string, step: string): boolean {
  return new Big(value).mod(step).eq(0);
}

/** To so many places, trailing zeros kept. */
export function fixed(value: string, places: number, rounding: Rounding = 'half_up'): string {
  return new Big(value).toFixed(places, MODE[rounding]);
}

/** How many places a tick or step has: 2 for "0.05", 0 for "10". */
export function placesOf(step: string): number {
  const [, fraction = ''] = plain(new Big(step)).split('.');
  return fraction.length;
}

export interface Shown {
  /** Rounds half up to so many places; without it every digit that came is shown. */
  places?: number;
  /** A plus before what is above zero. */
  signed?: boolean;
}

/** For the eye: digits grouped by thin spaces, a real minus. */
export function shown(value: string, { places, signed = false }: Shown = {}): string {
  const text = places === undefined ? value : fixed(value, places);
  const [whole = '', fraction] = text.replace('-', '').split('.');
  const grouped = whole.replace(/\B(?=(\d{3})+$)/g, THIN_SPACE);
  const digits = fraction === undefined ? grouped : `${grouped}.${fraction}`;
  const side = /[1-9]/.test(digits) ? sign(text) : 0; // what rounds to zero has no sign
  return `${side < 0 ? MINUS : side > 0 && signed ? '+' : ''}${digits}`;
}

function toGrid(value: string, step: string, rounding: Rounding): string {
  const Counted = Big();
  Counted.DP = 0;
  Counted.RM = MODE[rounding];
  return plain(new Counted(value).div(step).times(step));
}

function plain(value: Big): string {
  return value.eq(0) ? '0' : value.toFixed();
}
