/** How an account stands, in one word. */
import type { AccountView } from '../../core/wire';

/** `unfollowed`: it is connected, and nobody hears what the exchange says of it. */
export type Standing = 'fault' | 'connecting' | 'unfollowed' | 'ready';

export function standingOf(account: Pick<AccountView, 'ready' | 'followed' | 'fault'>): Standing {
  if (!account.ready) return account.fault ? 'fault' : 'connecting';
  return account.followed ? 'ready' : 'unfollowed';
}

/** Whether it may be another in a moment. */
export function isSettling(account: Pick<AccountView, 'ready' | 'followed' | 'fault'>): boolean {
  return standingOf(account) !== 'ready';
}
