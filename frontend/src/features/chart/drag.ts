/** The life of a line that is being moved: a table, and what each move carries along. */

import { compare } from '../../core/money';
import type { Problem } from '../../core/problem';

export type DragPhase = 'idle' | 'moving' | 'proposed' | 'sent' | 'refused';
export type DragMove = 'grab' | 'move' | 'propose' | 'send' | 'discard' | 'settle' | 'refuse';

/** From each phase, where a move leads. What is not here does nothing. */
const MOVES: Readonly<Record<DragPhase, Partial<Record<DragMove, DragPhase>>>> = {
  idle: { grab: 'moving' },
  moving: { move: 'moving', propose: 'proposed', send: 'sent', discard: 'idle' },
  proposed: { grab: 'moving', send: 'sent', discard: 'idle' },
  sent: { settle: 'idle', refuse: 'refused' },
  refused: { grab: 'moving', discard: 'idle' },
};

export interface Drag {
  readonly phase: DragPhase;
  /** Where the line is held; null where it stands at its own price. */
  readonly price: string | null;
  /** The version of what was to change, when it was sent. */
  readonly version: number;
  /** The request has its answer; only the event is awaited. */
  readonly answered: boolean;
  readonly problem: Problem | null;
}

export const AT_REST: Drag = { phase: 'idle', price: null, version: 0, answered: false, problem: null };

export function allows(drag: Drag, move: DragMove): boolean {
  return MOVES[drag.phase][move] !== undefined;
}

function next(drag: Drag, move: DragMove, change: Partial<Drag>): Drag {
  const phase = MOVES[drag.phase][move];
  return phase === undefined ? drag : { ...drag, ...change, phase };
}

/** A hand on it; a line that was proposed goes on from where it was. */
export function grab(drag: Drag, price: string): Drag {
  return next(drag, 'grab', { price: drag.phase === 'proposed' ? drag.price : price, problem: null });
}

export function moveTo(drag: Drag, price: string): Drag {
  return next(drag, 'move', { price });
}

/** Let go: back where it stood costs nothing; else it is asked about, or sent. */
export function drop(drag: Drag, standing: string, confirm: boolean, version: number): Drag {
  if (drag.price === null || compare(drag.price, standing) === 0) return discard(drag);
  return confirm ? next(drag, 'propose', {}) : send(drag, version);
}

export function send(drag: Drag, version: number): Drag {
  return next(drag, 'send', { version, answered: false });
}

export function discard(drag: Drag): Drag {
  return next(drag, 'discard', { price: null, problem: null });
}

/** The desk took it, or cannot say yet: the line waits for the event. */
export function answer(drag: Drag): Drag {
  return drag.phase === 'sent' ? { ...drag, answered: true } : drag;
}

/** The line goes back, and says why. */
export function refuse(drag: Drag, problem: Problem): Drag {
  return next(drag, 'refuse', { price: null, problem });
}

/** What the events say: the line is where it was sent, or what it belongs to has changed since and waits for nothing more. */
export function observe(drag: Drag, standing: string, version: number, unsure: boolean): Drag {
  if (drag.phase !== 'sent') return drag;
  const there = drag.price !== null && compare(drag.price, standing) === 0;
  const otherwise = drag.answered && version > drag.version && !unsure;
  return there || otherwise ? next(drag, 'settle', { price: null }) : drag;
}
