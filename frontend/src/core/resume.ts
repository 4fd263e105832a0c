/**
 * What the page does when it comes back: from the background, from sleep, from being offline.
 *
 * A socket that was asleep may say that it is open and be dead; so it is the time away that decides, never the socket's
 * own word. This machine is the one owner of what the browser says about visibility and network.
 */

export type Attention = 'shown' | 'hidden';

export interface ResumeState {
  attention: Attention;
  online: boolean;
  /** When it was hidden; when the page was last seen alive while shown. */
  sinceMs: number;
}

/** `restored`: out of the browser's page cache. `tick`: the page's own clock, while it is shown. */
export type ResumeEvent = 'hidden' | 'shown' | 'online' | 'offline' | 'restored' | 'tick';

/**
 * - `redial`: dial every socket anew at once, whatever it says of itself, and forget the waiting.
 * - `probe`: ask every socket for a sign of life, and dial at once where one is waiting.
 */
export type ResumeEffect = 'redial' | 'probe' | null;

export const LONG_AWAY_MS = 30_000;

export function resumed(state: ResumeState, event: ResumeEvent, nowMs: number): [ResumeState, ResumeEffect] {
  const gone = nowMs - state.sinceMs > LONG_AWAY_MS;
  switch (event) {
    case 'hidden':
      return [state.attention === 'hidden' ? state : { ...state, attention: 'hidden', sinceMs: nowMs }, null];
    case 'shown':
      if (state.attention === 'shown') return [state, null];
      return [{ ...state, attention: 'shown', sinceMs: nowMs }, whereReachable(state, gone ? 'redial' : 'probe')];
    case 'restored':
      return [{ ...state, attention: 'shown', sinceMs: nowMs }, whereReachable(state, 'redial')];
    case 'offline':
      return [{ ...state, online: false }, null];
    case 'online':
      return [{ ...state, online: true }, state.online ? null : 'redial'];
    case 'tick':
      if (state.attention === 'hidden') return [state, null];
      // a clock that jumped: the machine slept, and nobody told the page
      return [{ ...state, sinceMs: nowMs }, gone ? whereReachable(state, 'redial') : null];
  }
}

function whereReachable(state: ResumeState, effect: ResumeEffect): ResumeEffect {
  return state.online ? effect : null;
}
