/** An order's story as it was last read, and read again whenever the order has moved on. */
import { api } from '../../core/api';
import type { Problem } from '../../core/problem';
import type { OrderStory } from '../../core/wire';

export class StoryLoader {
  story = $state.raw<OrderStory | null>(null);
  problem = $state.raw<Problem | null>(null);
  loading = $state(false);

  readonly #orderId: string;
  readonly #done = new AbortController();
  #again = false;

  constructor(orderId: string) {
    this.#orderId = orderId;
  }

  /** One question at a time: what moves meanwhile is asked for after it. */
  async read(): Promise<void> {
    if (this.loading) {
      this.#again = true;
      return;
    }
    this.loading = true;
    do {
      this.#again = false;
      const answer = await api.get('/api/orders/{order_id}', {
        path: { order_id: this.#orderId },
        signal: this.#done.signal,
      });
      if (this.#done.signal.aborted) return;
      this.problem = answer.ok ? null : answer.problem;
      if (answer.ok) this.story = answer.body;
    } while (this.#again);
    this.loading = false;
  }

  stop(): void {
    this.#done.abort();
  }
}
