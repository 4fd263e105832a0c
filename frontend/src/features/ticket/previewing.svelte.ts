/** The desk's own reckoning of the order in the ticket, asked for as it changes; it never holds up the button. */
import type { InstrumentView, PlaceOrderBody, Preview } from '../../core/wire';
import { clock } from '../../state/clock.svelte';
import { preview } from '../../state/commands.svelte';
import { leverages } from './leverages.svelte';

const QUIET_MS = 250;
const RENEW_MS = 5_000;

export class Previewing {
  #answer = $state.raw<{ of: string; preview: Preview; probe: boolean } | null>(null);
  readonly #wanted: string;
  readonly #probing: boolean;

  /** To be made in a component's script. `body` is the order; `instrument` serves to learn the leverage without one. */
  constructor(body: () => PlaceOrderBody | null, instrument: () => InstrumentView | null) {
    // Text, so that an order that is the same again asks nothing.
    this.#wanted = $derived(JSON.stringify(body() ?? probeOf(instrument())));
    this.#probing = $derived(body() === null);
    const turn = $derived(Math.floor(clock.nowMs / RENEW_MS));
    $effect(() => {
      void turn;
      const wanted = this.#wanted;
      if (wanted === 'null') return;
      const stop = new AbortController();
      const probe = this.#probing;
      const timer = setTimeout(() => void this.#ask(wanted, probe, stop.signal), QUIET_MS);
      return () => {
        clearTimeout(timer);
        stop.abort();
      };
    });
  }

  /** Of the order as it stands or stood a moment ago; null while there is no order. */
  get value(): Preview | null {
    const answer = this.#answer;
    return this.#probing || answer === null || answer.probe ? null : answer.preview; // the probe's figures are nobody's
  }

  /** `value` is of the order as it stands. */
  get current(): boolean {
    return !this.#probing && this.#answer?.of === this.#wanted;
  }

  async #ask(wanted: string, probe: boolean, signal: AbortSignal): Promise<void> {
    const order = JSON.parse(wanted) as PlaceOrderBody;
    const answer = await preview(order, signal);
    if (signal.aborted || 'kind' in answer) return;
    const leverage = 'leverage' in answer ? answer.leverage : null;
    if (typeof leverage === 'string') leverages.learn(order.account, order.symbol, leverage);
    this.#answer = { of: wanted, preview: answer, probe };
  }
}

/** The least order there is: sends nothing, and says what an order would be leveraged by. */
function probeOf(instrument: InstrumentView | null): PlaceOrderBody | null {
  if (instrument === null) return null;
  const { account, symbol, min_amount } = instrument;
  return { account, symbol, side: 'buy', type: 'market', amount: min_amount };
}
