/** A position's figures as they are shown. */
import { t } from '../../core/i18n';
import { abs, compare, mul, placesOf, shown, sign } from '../../core/money';
import { shortName } from '../../core/names';
import type { InstrumentView } from '../../core/wire';
import { freshness } from '../../state/clock.svelte';
import { instruments } from '../../state/instruments.svelte';
import type { PositionRow } from '../../state/positions.svelte';

export function instrumentOf({ position }: PositionRow): InstrumentView | undefined {
  return instruments.get(position.account, position.symbol);
}

export function priceText(price: string | null, instrument: InstrumentView | undefined): string {
  if (price === null) return '–';
  return instrument === undefined ? shown(price) : shown(price, { places: placesOf(instrument.price_tick) });
}

export function amountText(base: string, { amount_step, contract_size }: InstrumentView): string {
  return shown(base, { places: placesOf(mul(amount_step, contract_size)) });
}

/** "0.500 BTC"; in contracts until the instrument is known. */
export function sizeText({ figures }: PositionRow, instrument: InstrumentView | undefined): string {
  if (figures.base === null || instrument === undefined)
    return t('positions.contracts', { amount: shown(figures.size) });
  return `${amountText(figures.base, instrument)} ${instrument.base}`;
}

export function gainText(value: string | null): string {
  return value === null ? '–' : shown(value, { places: 2, signed: true });
}

export function marginText(margin: string | null): string {
  return margin === null ? '–' : shown(margin, { places: 2 });
}

export function leverageText({ position }: PositionRow): string {
  if (position.leverage === null) return '';
  const { leverage, margin_mode: mode } = position;
  return mode ? t('positions.leverage_mode', { mode, leverage }) : t('positions.leverage', { leverage });
}

/** How far liquidation is, in percent of the mark: whole where it is far. */
export function awayText(distance: string): string {
  return compare(distance, '100') < 0 ? shown(distance) : shown(distance, { places: 0 });
}

/** What the exchange holds beyond the desk's fills, in a sentence; null where the two agree. */
export function discrepancyText({ position }: PositionRow, instrument: InstrumentView | undefined): string | null {
  if (position.discrepancy === null || sign(position.discrepancy) === 0) return null;
  const amount = abs(instrument ? mul(position.discrepancy, instrument.contract_size) : position.discrepancy);
  const more = sign(position.discrepancy) > 0;
  return t(more ? 'positions.discrepancy.more' : 'positions.discrepancy.less', {
    amount: shown(amount),
    base: instrument?.base ?? '',
  });
}

/** What to say before anything goes out at the market by an old mark; null while the mark is of now. */
export function staleText({ position, markMs }: PositionRow, nowMs: number): string | null {
  const symbol = shortName(position.symbol);
  if (markMs === 0) return t('positions.stale.none', { symbol });
  if (freshness(markMs, nowMs) !== 'stale') return null;
  return t('positions.stale.old', { symbol, seconds: Math.floor((nowMs - markMs) / 1000) });
}

/** The colour class of a gain or a loss. */
export function gainTone(value: string | null): string {
  if (value === null || sign(value) === 0) return '';
  return sign(value) > 0 ? 'text-up' : 'text-down';
}

export const otherSide = (side: 'long' | 'short'): 'long' | 'short' => (side === 'long' ? 'short' : 'long');
