/** What can be asked of a position by its buttons. */
import type { PositionRow } from '../../state/positions.svelte';

export type PositionAction =
  | { kind: 'close'; row: PositionRow; percent: number }
  | { kind: 'reverse'; row: PositionRow }
  | { kind: 'protect'; row: PositionRow };

export type Act = (action: PositionAction) => void;
export const PERCENTS = ['25', '50', '75', '100'] as const;

/** The slot of a command on a position, as the commands name it. */
export function slotOf(command: 'close' | 'reverse' | 'protect', { position }: PositionRow): string {
  return `${command}:${position.account}:${position.symbol}:${position.side}`;
}
