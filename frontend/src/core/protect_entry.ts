// A position's take profit or stop loss, as a price, as a percentage of the entry, or as the profit or loss it brings.
import Big from 'big.js';
import { percentBetween, priceAtPercent, priceForPnl, unrealised } from './position_figures';
import type { PositionSide, ProtectionBody } from './wire';

export type ProtectKind = 'take_profit' | 'stop_loss';
export type ProtectMode = 'price' | 'percent' | 'pnl';
export const PROTECT_MODES: readonly ProtectMode[] = ['price', 'percent', 'pnl'];

/** What is protected: base currency held, bought or sold at the entry, with prices on the tick. */
export interface Protected {
  side: PositionSide;
  base: string;
  entry: string;
  tick: string;
}

/**
 * The price that an entry means; null where it means none.
 *
 * Percent and PnL are a gain for a take profit and a loss for a stop loss; a loss below zero is a profit that is kept.
 */
export function priceOf(typed: string, mode: ProtectMode, kind: ProtectKind, of: Protected): string | null {
  if (!/^-?(\d+(\.\d*)?|\.\d+)$/.test(typed)) return null;
  if (mode === 'price') return new Big(typed).gt(0) ? typed : null;
  const gains = kind === 'take_profit';
  if (mode === 'percent') return priceAtPercent(of.entry, typed, gains === (of.side === 'long'), of.tick);
  return priceForPnl(of.side, of.base, of.entry, gains ? typed : new Big(typed).times(-1).toFixed(), of.tick);
}

/** A price as it is typed in a mode: the other way of `priceOf`, to two places. */
export function entryOf(price: string, mode: ProtectMode, kind: ProtectKind, of: Protected): string {
  if (mode === 'price') return price;
  const gains = kind === 'take_profit';
  if (mode === 'pnl') {
    const pnl = new Big(unrealised(of.side, of.base, of.entry, price));
    return plain((gains ? pnl : pnl.times(-1)).toFixed(2));
  }
  const away = new Big(percentBetween(of.entry, price) ?? '0');
  return plain((gains === (of.side === 'long') ? away : away.times(-1)).toFixed(2));
}

/** Which side of the mark a price must lie on: a take profit ahead of it, a stop loss behind. */
export function liesAbove(kind: ProtectKind, side: PositionSide): boolean {
  return (kind === 'take_profit') === (side === 'long');
}

export function onRightSide(price: string, kind: ProtectKind, side: PositionSide, mark: string): boolean {
  return liesAbove(kind, side) ? new Big(price).gt(mark) : new Big(price).lt(mark);
}

/** What changes: left out what stays, "0" for what is cleared. Null where nothing does. */
export function changeOf(
  now: { take_profit: string | null; stop_loss: string | null },
  wanted: { take_profit: string | null; stop_loss: string | null },
): Pick<ProtectionBody, 'take_profit' | 'stop_loss'> | null {
  const change: Pick<ProtectionBody, 'take_profit' | 'stop_loss'> = {};
  for (const kind of ['take_profit', 'stop_loss'] as const) {
    const [was, will] = [now[kind], wanted[kind]];
    if (will === null ? was !== null : was === null || !new Big(was).eq(will)) change[kind] = will ?? '0';
  }
  return Object.keys(change).length === 0 ? null : change;
}

function plain(text: string): string {
  return new Big(text).toFixed();
}
