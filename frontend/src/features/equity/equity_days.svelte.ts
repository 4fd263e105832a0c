/** The days of the accounts' equity as the desk has them. */
import { api } from '../../core/api';
import { dayOf, type EquityDay } from '../../core/equity_days';
import type { Problem } from '../../core/problem';

const DAY_MS = 86_400_000;

export class EquityDays {
  known = $state.raw<readonly EquityDay[] | null>(null);
  problem = $state.raw<Problem | null>(null);
  loading = $state(false);
  #asking = new AbortController();

  /** Every account's days from `days` ago on. */
  async read(days: number, nowMs: number): Promise<void> {
    this.#asking.abort();
    const { signal } = (this.#asking = new AbortController());
    this.loading = true;
    const since = Date.parse(dayOf(nowMs - (days - 1) * DAY_MS));
    const answer = await api.get('/api/equity', { query: { since }, signal });
    if (signal.aborted) return;
    this.loading = false;
    this.problem = answer.ok ? null : answer.problem;
    if (answer.ok) this.known = answer.body;
  }

  stop(): void {
    this.#asking.abort();
  }
}
