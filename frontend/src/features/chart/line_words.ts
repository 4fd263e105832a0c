/** What a line is called, on its label and to a screen reader. */

import { baseOf } from '../../core/names';
import { t } from '../../core/i18n';
import { abs, compare, shown } from '../../core/money';
import { pnlAt, type Line } from './lines';

/** A sum of money as short as a label needs it: whole from a hundred on. */
export function briefSum(value: string): string {
  return shown(value, { places: compare(abs(value), '100') >= 0 ? 0 : 2, signed: true });
}

/** What its label begins with. */
export function labelOf(line: Line): string {
  const side = t(`ui.side.${line.direction}`);
  const size = shown(line.size);
  if (line.kind === 'limit') return t('chart.label.limit', { side, size });
  if (line.kind === 'trigger') return t('chart.label.trigger', { side, size });
  if (line.kind === 'entry') return t('chart.label.entry', { side, size });
  return line.kind === 'take_profit' ? t('chart.label.take_profit') : t('chart.label.stop_loss');
}

/** What it would bring there; null where nobody can say. */
export function sumOf(line: Line, price: string): string | null {
  const pnl = line.basis === null ? line.pnl : pnlAt(line, price);
  return pnl === null ? null : briefSum(pnl);
}

/** What it belongs to: `Buy 0.25 BTC`. */
export function whatOf(line: Line, symbol: string): string {
  return `${t(`ui.side.${line.direction}`)} ${shown(line.size)} ${baseOf(symbol)}`;
}

/** The whole of it, for a screen reader: `Price of Buy 0.25 BTC`. */
export function nameOf(line: Line, symbol: string): string {
  return t(`chart.name.${line.kind}`, { what: whatOf(line, symbol) });
}
