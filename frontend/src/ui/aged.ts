import type { Freshness } from '../state/clock.svelte';

const DRAWN: Record<Freshness, string> = { fresh: '', dim: 'dimmed', stale: 'dimmed hatched' };

/** How a value of that age is drawn: as readable as any other, without its colour, and hatched once it is stale. */
export function aged(age: Freshness): string {
  return DRAWN[age];
}
