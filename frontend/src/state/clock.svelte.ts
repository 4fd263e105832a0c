/** The page's clock, four times a second while it is looked at. */

export type Freshness = 'fresh' | 'dim' | 'stale';

const TICK_MS = 250;
const DIM_MS = 2_000;
const STALE_MS = 10_000;

class PageClock {
  nowMs = $state(Date.now());

  /** Runs until the returned function is called. */
  start(): () => void {
    const tick = (): void => {
      if (document.visibilityState === 'visible') this.nowMs = Date.now();
    };
    const timer = setInterval(tick, TICK_MS);
    document.addEventListener('visibilitychange', tick);
    return () => {
      clearInterval(timer);
      document.removeEventListener('visibilitychange', tick);
    };
  }
}

export const clock = new PageClock();

/** How far a value of that age may be trusted. What never came (0) is stale. */
export function freshness(receivedMs: number, nowMs: number): Freshness {
  const age = nowMs - receivedMs;
  if (age < DIM_MS) return 'fresh';
  return age <= STALE_MS ? 'dim' : 'stale';
}
