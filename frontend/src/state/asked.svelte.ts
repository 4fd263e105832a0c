/** One answer of the desk that a page shows: asked for when the page opens, and anew when the desk is back. */
import { untrack } from 'svelte';
import type { Answer, Problem } from '../core/problem';
import { link } from './link.svelte';

export class Asked<Body> {
  /** The newest answer; it stays when a later question fails. */
  value = $state.raw<Body | null>(null);
  /** Why the last question failed. */
  problem = $state.raw<Problem | null>(null);
  busy = $state(false);
  #ask: (signal: AbortSignal) => Promise<Answer<Body>>;
  #flight: AbortController | null = null;

  constructor(ask: (signal: AbortSignal) => Promise<Answer<Body>>) {
    this.#ask = ask;
  }

  /** Asks now; a question that is still open is given up for it. */
  async read(): Promise<void> {
    this.stop();
    const flight = new AbortController();
    this.#flight = flight;
    this.busy = true;
    const answer = await this.#ask(flight.signal);
    if (this.#flight !== flight) return;
    this.#flight = null;
    this.busy = false;
    if (answer.ok) this.value = answer.body;
    this.problem = answer.ok ? null : answer.problem;
  }

  stop(): void {
    this.#flight?.abort();
    this.#flight = null;
    this.busy = false;
  }
}

/** For a component's script: what is asked for as long as the component is shown. */
export function asked<Body>(ask: (signal: AbortSignal) => Promise<Answer<Body>>): Asked<Body> {
  const made = new Asked(ask);
  const live = $derived(link.phase === 'live');
  $effect(() => {
    void live;
    untrack(() => {
      if (!made.busy) void made.read();
    });
  });
  $effect(() => () => made.stop());
  return made;
}
