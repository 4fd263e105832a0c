/** Limits as they are typed: in percent, whole numbers and seconds, empty where nothing binds; and what goes to the desk. */
import { compare, isZero, mul, readDecimal, shown, sign } from '../../core/money';
import type { Limits, LimitsBody } from '../../core/wire';

export const FIELDS = [
  'price_collar',
  'order_notional',
  'position_notional',
  'leverage',
  'open_orders',
  'mark_max_age_ms',
] as const;

export type LimitField = (typeof FIELDS)[number];
export type LimitsEntry = Readonly<Record<LimitField, string>>;
export type LimitError = 'no_number' | 'negative' | 'below_one' | 'no_whole_number' | 'too_many' | 'no_age';

/** The desk keeps no more living orders of an account than that. */
const OPEN_ORDERS_MOST = 100_000;
/** How old the desk lets a mark be, in seconds; it cannot do without. */
const [AGE_LEAST, AGE_MOST] = ['0.1', '3600'];

export function entryOf(limits: Limits): LimitsEntry {
  return {
    price_collar: limits.price_collar === null ? '' : mul(limits.price_collar, '100'),
    order_notional: limits.order_notional ?? '',
    position_notional: limits.position_notional ?? '',
    leverage: limits.leverage ?? '',
    open_orders: limits.open_orders === null ? '' : String(limits.open_orders),
    mark_max_age_ms: mul(String(limits.mark_max_age_ms), '0.001'),
  };
}

export function errorOf(field: LimitField, typed: string): LimitError | null {
  if (field === 'mark_max_age_ms') return isAge(readDecimal(typed)) ? null : 'no_age';
  if (typed.trim() === '') return null;
  const value = readDecimal(typed);
  if (value === null) return 'no_number';
  if (sign(value) < 0) return 'negative';
  if (field === 'leverage' && compare(value, '1') < 0) return 'below_one';
  if (field !== 'open_orders') return null;
  if (!/^\d+$/.test(value)) return 'no_whole_number';
  return compare(value, String(OPEN_ORDERS_MOST)) > 0 ? 'too_many' : null;
}

/** What differs from the limits as they stand; of an entry without errors. */
export function changesOf(entry: LimitsEntry, limits: Limits): Omit<LimitsBody, 'account'> {
  const before = entryOf(limits);
  const changed = FIELDS.filter((field) => !same(entry[field], before[field]));
  return Object.fromEntries(changed.map((field) => [field, sentOf(field, entry[field])]));
}

/** Which limits an entry takes away. */
export function liftedBy(entry: LimitsEntry, limits: Limits): LimitField[] {
  return FIELDS.filter((field) => entry[field].trim() === '' && limits[field] !== null);
}

/** A limit of zero lets nothing through; worth a word before it is set. */
export function isShut(typed: string): boolean {
  const value = readDecimal(typed);
  return value !== null && isZero(value);
}

/** For the eye, with its unit; null where nothing binds. */
export function limitShown(field: LimitField, limits: Limits): string | null {
  const text = entryOf(limits)[field];
  return text === '' ? null : shown(text);
}

function sentOf(field: LimitField, typed: string): string | number | null {
  const value = readDecimal(typed);
  if (value === null) return null;
  if (field === 'price_collar') return mul(value, '0.01');
  if (field === 'mark_max_age_ms') return Number(mul(value, '1000'));
  return field === 'open_orders' ? Number(value) : value;
}

function isAge(seconds: string | null): boolean {
  if (seconds === null || compare(seconds, AGE_LEAST) < 0 || compare(seconds, AGE_MOST) > 0) return false;
  return /^\d+$/.test(mul(seconds, '1000'));
}

function same(typed: string, before: string): boolean {
  const value = readDecimal(typed);
  return value === null || before === '' ? typed.trim() === before : compare(value, before) === 0;
}
