// One size, in the unit a person thinks in; what goes out is whole lots of contracts, never more than was asked.
import Big from 'big.js';

export type SizeUnit = 'base' | 'quote' | 'contracts' | 'percent';
export const SIZE_UNITS: readonly SizeUnit[] = ['base', 'quote', 'contracts', 'percent'];

/** What a size is reckoned by. All numbers are decimal text. */
export interface SizingBasis {
  /** Base currency in one contract (linear contracts). */
  contractSize: string;
  /** Contracts go in steps of this. */
  amountStep: string;
  /** Quote currency for one base: the limit price, else what the market says; null where neither is known. */
  price: string | null;
  /** Contracts that 100 % stands for; null where it is not known. */
  full: string | null;
}

const HUNDRED = new Big(100);
const MOST_PERCENT_PLACES = 18;

/** Contracts for `size` in `unit`, rounded down to the lot; null where the unit cannot be reckoned now. */
export function contractsOf(size: string, unit: SizeUnit, basis: SizingBasis): string | null {
  const asked = positiveOrZero(size);
  if (asked === null) return null;
  if (unit === 'percent') {
    return basis.full === null ? null : lots(asked.times(basis.full), HUNDRED, basis.amountStep).toFixed();
  }
  const worth = worthOfOne(unit, basis);
  return worth === null ? null : lots(asked, worth, basis.amountStep).toFixed();
}

/** The text of the size field that stands for exactly these contracts; null where the unit cannot be reckoned now. */
export function sizeOf(contracts: string, unit: SizeUnit, basis: SizingBasis): string | null {
  const amount = positiveOrZero(contracts);
  if (amount === null) return null;
  if (unit === 'percent') return percentOf(amount, basis);
  const worth = worthOfOne(unit, basis);
  return worth === null ? null : amount.times(worth).toFixed();
}

/** The same contracts in another unit: `null` keeps the field as it is, since nothing can be said in that unit. */
export function inUnit(size: string, from: SizeUnit, to: SizeUnit, basis: SizingBasis): string | null {
  if (from === to || size === '') return size;
  const contracts = contractsOf(size, from, basis);
  return contracts === null ? null : sizeOf(contracts, to, basis);
}

/** Contracts in base currency (linear). */
export function inBase(contracts: string, contractSize: string): string {
  return new Big(contracts).times(contractSize).toFixed();
}

/** What contracts are worth at a price, in quote currency (linear). */
export function notionalOf(contracts: string, contractSize: string, price: string): string {
  return new Big(contracts).times(contractSize).times(price).toFixed();
}

/**
 * Contracts that the available margin opens at this leverage, with the taker's fee for the way in and the way out,
 * as exchanges set aside; rounded down to the lot.
 */
export function affordable(
  available: string,
  leverage: string,
  takerFee: string,
  basis: Pick<SizingBasis, 'contractSize' | 'amountStep' | 'price'>,
): string | null {
  const margin = new Big(available);
  const times = new Big(leverage);
  if (basis.price === null || times.lte(0) || new Big(basis.price).lte(0)) return null;
  if (margin.lte(0)) return '0';
  // notional / leverage + 2 fee notional <= available
  const perNotional = new Big(1).plus(new Big(takerFee).times(2).times(times));
  const perContract = new Big(basis.price).times(basis.contractSize).times(perNotional);
  return lots(margin.times(times), perContract, basis.amountStep).toFixed();
}

/** A part of so many contracts in percent, rounded down to the lot: what closing 25 % of a position sends. */
export function partOf(contracts: string, percent: number, amountStep: string): string {
  return lots(new Big(contracts).times(percent), HUNDRED, amountStep).toFixed();
}

/** Whether text is a decimal number of zero or more, and which; no exponents, no signs, no spaces. */
export function positiveOrZero(text: string): Big | null {
  return /^(\d+(\.\d*)?|\.\d+)$/.test(text) ? new Big(text) : null;
}

/** `whole / each`, rounded down to a multiple of `step`, exactly. */
function lots(whole: Big, each: Big, step: string): Big {
  const lot = each.times(step);
  let count = whole.div(lot).round(0, Big.roundDown);
  if (count.times(lot).gt(whole)) count = count.minus(1); // the quotient itself is rounded, half up
  return count.times(step);
}

/** What one contract is in the unit. */
function worthOfOne(unit: Exclude<SizeUnit, 'percent'>, basis: SizingBasis): Big | null {
  if (unit === 'contracts') return new Big(1);
  if (unit === 'base') return new Big(basis.contractSize);
  if (basis.price === null || new Big(basis.price).lte(0)) return null;
  return new Big(basis.contractSize).times(basis.price);
}

/** The shortest percentage that comes back to the same contracts. */
function percentOf(contracts: Big, basis: SizingBasis): string | null {
  if (basis.full === null || new Big(basis.full).lte(0)) return null;
  const full = new Big(basis.full);
  for (let places = 0; places <= MOST_PERCENT_PLACES; places += 1) {
    const percent = contracts.times(HUNDRED).div(full).round(places, Big.roundUp);
    if (lots(percent.times(full), HUNDRED, basis.amountStep).eq(contracts)) return percent.toFixed();
  }
  return null;
}
