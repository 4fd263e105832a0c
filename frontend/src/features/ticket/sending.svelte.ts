/** From the press of the button to the answer: one press is one order, however often it is tapped. */
import { OnePress, type Press } from '../../core/one_press';
import type { Problem } from '../../core/problem';
import type { PlaceOrderBody } from '../../core/wire';
import { busy, place, type Outcome } from '../../state/commands.svelte';
import { ticket } from '../../state/ticket.svelte';

const FLASH_MS = 1_200;

export class Sending {
  /** What the desk or the exchange refused of the last press; gone once the ticket changes. */
  refusal = $state.raw<Problem | null>(null);
  /** The last press has no certain answer. */
  open = $state<'in_doubt' | 'unknown' | null>(null);
  flash = $state(false);
  readonly #press = new OnePress();
  #flashing: ReturnType<typeof setTimeout> | undefined;

  constructor() {
    const draft = $derived(JSON.stringify(ticket.draft));
    $effect(() => {
      void draft;
      this.refusal = null;
      this.open = null;
    });
    $effect(() => () => clearTimeout(this.#flashing));
  }

  get busy(): boolean {
    return busy('place');
  }

  /** Whether this press counts. */
  admits(press: Press): boolean {
    return this.#press.admits(press) && !this.busy;
  }

  async send(body: PlaceOrderBody): Promise<void> {
    if (this.busy) return;
    this.refusal = null;
    this.open = null;
    const outcome = await place(body);
    this.#take(outcome);
  }

  #take(outcome: Outcome): void {
    if (outcome.kind === 'refused') this.refusal = outcome.problem ?? null;
    else if (outcome.kind !== 'accepted') this.open = outcome.kind;
    if (outcome.kind === 'refused') return;
    ticket.remember();
    this.flash = outcome.kind === 'accepted';
    clearTimeout(this.#flashing);
    this.#flashing = setTimeout(() => (this.flash = false), FLASH_MS);
  }
}
