/** What the user has set a grid to, and what is being changed in its rows. Outlives a reload of the tab. */
import { SvelteMap, SvelteSet } from 'svelte/reactivity';
import * as v from 'valibot';
import type { SortBy } from '../core/grid_rows';
import { NO_FILTER, type HistoryFilter } from '../core/history_filter';
import type { Problem } from '../core/problem';
import type { AmendOrderBody } from '../core/wire';
import { amend, cancel, type Outcome } from './commands.svelte';

const Kept = v.object({
  text: v.fallback(v.string(), ''),
  group: v.fallback(v.string(), 'all'),
  sort: v.fallback(v.nullable(v.object({ column: v.string(), descending: v.boolean() })), null),
});

export class Grid {
  text = $state('');
  group = $state('all');
  sort = $state.raw<SortBy | null>(null);

  constructor(name: string) {
    const key = `hedgerow.grid.${name}`;
    Object.assign(this, kept(sessionStorage.getItem(key)));
    $effect.root(() => {
      $effect(() => {
        const { text, group, sort } = this;
        sessionStorage.setItem(key, JSON.stringify({ text, group, sort }));
      });
    });
  }
}

export const ordersGrid = new Grid('orders');

function kept(text: string | null): v.InferOutput<typeof Kept> {
  let said: unknown = {};
  try {
    said = JSON.parse(text ?? '{}');
  } catch {
    // Cut off, or not ours: the defaults stand.
  }
  const parsed = v.safeParse(Kept, said);
  return parsed.success ? parsed.output : { text: '', group: 'all', sort: null };
}

/** One order is changed in its row at a time; what is typed stays when its row scrolls away. */
class RowEdits {
  current = $state.raw<{ orderId: string; term: string } | null>(null);
  text = $state('');
  /** By order: the terms that this page has asked for and has no answer to yet. */
  readonly asked = new SvelteMap<string, AmendOrderBody>();
  /** By order: why its last command was not done. */
  readonly refused = new SvelteMap<string, Problem>();

  begin(orderId: string, term: string, text: string): void {
    this.current = { orderId, term };
    this.text = text;
  }

  leave(): void {
    this.current = null;
  }

  is(orderId: string, term: string): boolean {
    return this.current?.orderId === orderId && this.current.term === term;
  }

  async amend(orderId: string, body: AmendOrderBody): Promise<Outcome> {
    this.dismiss(orderId);
    this.asked.set(orderId, body);
    try {
      return this.heard(orderId, await amend(orderId, body));
    } finally {
      this.asked.delete(orderId);
    }
  }

  async cancel(orderId: string): Promise<Outcome> {
    this.dismiss(orderId);
    return this.heard(orderId, await cancel(orderId));
  }

  dismiss(orderId: string): void {
    this.refused.delete(orderId);
  }

  private heard(orderId: string, outcome: Outcome): Outcome {
    const { kind, problem } = outcome;
    if (kind === 'refused' && problem) this.refused.set(orderId, problem);
    return outcome;
  }
}

export const rowEdits = new RowEdits();

/** Refusals that were read and put away, by the row's key. */
export const putAway = new SvelteSet<string>();

/** What of history is looked for; stays while the page lives. */
class HistoryFilters {
  fills = $state.raw<HistoryFilter>(NO_FILTER);
  closed = $state.raw<HistoryFilter>(NO_FILTER);
}

export const historyFilters = new HistoryFilters();
