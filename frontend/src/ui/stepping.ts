import { add, floorTo, isOnGrid, placesOf, fixed, sign } from '../core/money';

const GAPS = /[\s\u202f\u2009\u00a0_']/g;
const BY_COMMA = /^\d{1,3}(,\d{3})+(\.\d*)?$/;
const BY_DOT = /^\d{1,3}(\.\d{3})+(,\d*)?$/;
/** One to some and a thousand to others. */
const UNCLEAR = /^[1-9]\d{0,2},\d{3}$/;

/**
 * What a decimal field holds after `text` stands in it, `before` being what it held: digits and one dot.
 *
 * A comma is a dot, and pasted groups are read where there is one way to read them. Everything else changes nothing: of
 * a text that is no number, no other number is made.
 */
export function typed(text: string, before: string): string {
  const bare = text.replace(GAPS, '');
  if (UNCLEAR.test(bare)) return before;
  if (/^\d*[.,]?\d*$/.test(bare)) return bare.replace(',', '.');
  if (BY_COMMA.test(bare)) return bare.replace(/,/g, '');
  if (BY_DOT.test(bare)) return bare.replace(/\./g, '').replace(',', '.');
  return before;
}

/** The next multiple of `step` above or below `value`, never below 0; what is no number yet counts as 0. */
export function stepped(value: string, step: string, up: boolean): string {
  const from = /^\d*\.?\d+$|^\d+\.$/.test(value) ? value.replace(/\.$/, '').replace(/^\./, '0.') : '0';
  const below = floorTo(from, step);
  const next = up ? add(below, step) : isOnGrid(from, step) ? add(below, `-${step}`) : below;
  return fixed(sign(next) < 0 ? '0' : next, placesOf(step));
}
