/** Whether the ladder is held still: while a pointer is over it, a finger is on it, or the keyboard is in it. */
import { pricesOf, type HeldPrices, type Ladder } from '../../core/ladder';

type Reason = 'pointer' | 'touch' | 'focus';

export class Holding {
  #prices = $state.raw<HeldPrices | null>(null);
  #reasons: readonly Reason[] = [];

  /** The prices that stay on their rows; null while the ladder moves freely. */
  get prices(): HeldPrices | null {
    return this.#prices;
  }

  hold(reason: Reason, ladder: Ladder | null): void {
    if (ladder === null) return;
    this.#reasons = [...this.#reasons.filter((each) => each !== reason), reason];
    this.#prices ??= pricesOf(ladder);
  }

  letGo(reason: Reason): void {
    this.#reasons = this.#reasons.filter((each) => each !== reason);
    if (this.#reasons.length === 0) this.#prices = null;
  }

  /** Another market or grouping: nothing of the old one stays. */
  renew(): void {
    this.#reasons = [];
    this.#prices = null;
  }
}
