// What a position is worth now: by its own numbers, its instrument and the mark. Linear contracts.
import Big from 'big.js';
import type { InstrumentView, Position, PositionSide } from './wire';

/** Decimal text, in the settle currency unless said otherwise; null where it cannot be reckoned. */
export interface PositionFigures {
  /** Contracts to show and to close. */
  size: string;
  /** The size in base currency. */
  base: string | null;
  entry: string | null;
  /** At the mark. */
  notional: string | null;
  /** Unrealised, at the mark, before fees. */
  pnl: string | null;
  /** The unrealised profit in percent of the margin that the position was opened with, two places. */
  roe: string | null;
  /** How far the mark is from the liquidation price, in percent of the mark, two places; 0 at or beyond it. */
  liquidationDistance: string | null;
  /** The price that pays for itself and for the taker's fees of both ways, on the tick. */
  breakEven: string | null;
}

type Grid = Pick<InstrumentView, 'contract_size' | 'price_tick' | 'taker_fee' | 'settle' | 'quote'>;

/** The exchange's size where it is known, else the fold and what it is known to miss. */
export function sizeOfPosition(position: Pick<Position, 'amount' | 'discrepancy' | 'exchange_amount'>): string {
  if (position.exchange_amount !== null) return position.exchange_amount;
  if (position.discrepancy === null) return position.amount;
  return new Big(position.amount).plus(position.discrepancy).toFixed();
}

/** Everything at once. `mark` is the freshest; `instrument` may not be loaded yet. */
export function figuresOf(position: Position, instrument: Grid | undefined, mark: string | null): PositionFigures {
  const size = sizeOfPosition(position);
  const entry = position.entry ?? position.exchange_entry;
  const liquidationDistance = distance(position.side, position.liquidation_price, mark);
  if (instrument === undefined || instrument.settle !== instrument.quote) {
    return { size, base: null, entry, notional: null, pnl: null, roe: null, liquidationDistance, breakEven: null };
  }
  const base = new Big(size).times(instrument.contract_size).toFixed();
  const pnl = entry === null || mark === null ? null : unrealised(position.side, base, entry, mark);
  return {
    size,
    base,
    entry,
    notional: mark === null ? null : new Big(base).times(mark).toFixed(),
    pnl,
    roe: pnl === null ? null : returnOn(pnl, marginOf(position, base, entry)),
    liquidationDistance,
    breakEven: entry === null ? null : breakEven(position.side, entry, instrument.taker_fee, instrument.price_tick),
  };
}

/** Profit of so much base currency bought or sold at `entry` and valued at `price`. */
export function unrealised(side: PositionSide, base: string, entry: string, price: string): string {
  const move = side === 'long' ? new Big(price).minus(entry) : new Big(entry).minus(price);
  return move.times(base).toFixed();
}

/** The price at which a position has made `pnl`, on the nearest tick; null for a size of nothing or a price below 0. */
export function priceForPnl(side: PositionSide, base: string, entry: string, pnl: string, tick: string): string | null {
  if (new Big(base).eq(0)) return null;
  const move = new Big(pnl).div(base);
  const price = side === 'long' ? new Big(entry).plus(move) : new Big(entry).minus(move);
  return onTick(price, tick, Big.roundHalfUp);
}

/** The price that lies `percent` from `from`, up or down, on the nearest tick; null below one tick. */
export function priceAtPercent(from: string, percent: string, up: boolean, tick: string): string | null {
  const part = new Big(percent).div(100);
  return onTick(new Big(from).times(up ? new Big(1).plus(part) : new Big(1).minus(part)), tick, Big.roundHalfUp);
}

/** How far `price` is from `from`, in percent, signed, two places. */
export function percentBetween(from: string, price: string): string | null {
  if (new Big(from).eq(0)) return null;
  return new Big(price).minus(from).div(from).times(100).toFixed(2);
}

function breakEven(side: PositionSide, entry: string, takerFee: string, tick: string): string | null {
  const cost = new Big(1).plus(takerFee);
  const rest = new Big(1).minus(takerFee);
  if (rest.lte(0)) return null;
  // never short of the fees: up for a long, down for a short
  if (side === 'long') return onTick(new Big(entry).times(cost).div(rest), tick, Big.roundUp);
  return onTick(new Big(entry).times(rest).div(cost), tick, Big.roundDown);
}

function onTick(price: Big, tick: string, rounding: 0 | 1 | 2 | 3): string | null {
  const ticks = price.div(tick).round(0, rounding);
  return ticks.lte(0) ? null : ticks.times(tick).toFixed();
}

function marginOf(position: Position, base: string, entry: string | null): Big | null {
  if (entry !== null && position.leverage !== null && new Big(position.leverage).gt(0)) {
    return new Big(base).times(entry).div(position.leverage);
  }
  return position.margin === null ? null : new Big(position.margin);
}

function returnOn(pnl: string, margin: Big | null): string | null {
  return margin === null || margin.lte(0) ? null : new Big(pnl).div(margin).times(100).toFixed(2);
}

function distance(side: PositionSide, liquidation: string | null, mark: string | null): string | null {
  if (liquidation === null || mark === null || new Big(mark).lte(0) || new Big(liquidation).lte(0)) return null;
  const left = side === 'long' ? new Big(mark).minus(liquidation) : new Big(liquidation).minus(mark);
  return left.lte(0) ? '0.00' : left.div(mark).times(100).toFixed(2);
}
