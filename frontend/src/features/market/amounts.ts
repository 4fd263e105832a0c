/** Contracts as an amount of the coin, with as many places as the instrument's step has. */

import { mul, placesOf, shown } from '../../core/money';
import type { InstrumentView } from '../../core/wire';

export type InCoin = (contracts: string) => string;

/** As they came while the instrument is not known yet. */
export function inCoinOf(instrument: InstrumentView | undefined): InCoin {
  if (instrument === undefined) return (contracts) => shown(contracts);
  const { amount_step: step, contract_size: size } = instrument;
  const places = placesOf(mul(step, size));
  return (contracts) => shown(mul(contracts, size), { places });
}
