import { add, floorTo, isOnGrid, placesOf, fixed, sign } from '../core/money';

/** What a decimal field takes while it is typed: digits and one dot; a comma is a dot. */
export function typed(text: string): string {
  const [whole = '', ...rest] = text
    .replace(/,/g, '.')
    .replace(/[^\d.]/g, '')
    .split('.');
  return whole + (rest.length > 0 ? `.${rest.join('')}` : '');
}

/** The next multiple of `step` above or below `value`, never below 0; what is no number yet counts as 0. */
export function stepped(value: string, step: string, up: boolean): string {
  const from = /^\d*\.?\d+$|^\d+\.$/.test(value) ? value.replace(/\.$/, '').replace(/^\./, '0.') : '0';
  const below = floorTo(from, step);
  const next = up ? add(below, step) : isOnGrid(from, step) ? add(below, `-${step}`) : below;
  return fixed(sign(next) < 0 ? '0' : next, placesOf(step));
}
