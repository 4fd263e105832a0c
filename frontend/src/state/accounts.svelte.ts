/** The exchange accounts of the desk, their balances and rules. */
import { figuresOfBalance, mainBalance, totals, type AccountFigures } from '../core/account_figures';
import { api } from '../core/api';
import { browserTiming } from '../core/timing';
import type { AccountView, BalancesView, RulesView } from '../core/wire';
import { instruments } from './instruments.svelte';
import { positions } from './positions.svelte';

export type { AccountFigures } from '../core/account_figures';

const POLL_MS = 5_000;
/** After a fill the exchange books the money a moment later. */
const SOON_MS = 400;
/** Accounts and rules change seldom: every so many polls. */
const SELDOM = 6;

class Accounts {
  list = $state.raw<readonly AccountView[]>([]);
  selected = $state<string | null>(null);
  /** Whether the list was read at least once. */
  loaded = $state(false);
  /** When balances last came. */
  balancesMs = $state(0);
  #balances = $state.raw<ReadonlyMap<string, BalancesView>>(new Map());
  #rules = $state.raw<ReadonlyMap<string, RulesView>>(new Map());
  #running = false;
  #polls = 0;
  #dueMs = 0;
  #callOff: () => void = () => undefined;
  readonly #onGone = new Set<() => void>();

  /** Told when an account is on the list no more. */
  listen(gone: () => void): () => void {
    this.#onGone.add(gone);
    return () => this.#onGone.delete(gone);
  }

  get(name: string): AccountView | undefined {
    return this.list.find((account) => account.name === name);
  }

  select(name: string): void {
    this.selected = name;
  }

  balances(name: string): BalancesView | undefined {
    return this.#balances.get(name);
  }

  rules(name: string): RulesView | undefined {
    return this.#rules.get(name);
  }

  /** Everything anew, now. */
  async refresh(): Promise<void> {
    await Promise.all([this.#readAccounts(), this.#readRules(), this.#readBalances()]);
  }

  figures(name: string): AccountFigures | null {
    const main = mainBalance(this.#balances.get(name)?.balances ?? []);
    if (main === null) return null;
    const pnls = positions.rows
      .filter(({ position }) => position.account === name && settlesIn(name, position.symbol) === main.currency)
      .map((row) => row.figures.pnl);
    return figuresOfBalance(main, pnls);
  }

  /** Of all accounts, by settle currency. */
  total(): AccountFigures[] {
    return totals(this.list.map(({ name }) => this.figures(name)).filter((figures) => figures !== null));
  }

  /** Asks again and again while the page is looked at, until `stop`. */
  start(): void {
    if (this.#running) return;
    this.#running = true;
    this.#polls = 0;
    void this.#poll();
  }

  stop(): void {
    this.#running = false;
    this.#callOff();
  }

  /** Something has changed: balances sooner than usual. What goes on changing does not put it off. */
  soon(): void {
    if (this.#running && this.#dueMs > browserTiming.nowMs() + SOON_MS) this.#next(SOON_MS);
  }

  async #poll(): Promise<void> {
    if (document.visibilityState === 'visible') {
      if (this.#polls % SELDOM === 0 || !this.loaded) await this.refresh();
      else await this.#readBalances();
      this.#polls += 1;
    }
    if (this.#running) this.#next(POLL_MS);
  }

  #next(ms: number): void {
    this.#callOff();
    this.#dueMs = browserTiming.nowMs() + ms;
    this.#callOff = browserTiming.after(ms, () => void this.#poll());
  }

  async #readAccounts(): Promise<void> {
    const answer = await api.get('/api/accounts');
    if (!answer.ok) return;
    const names = new Set(answer.body.map(({ name }) => name));
    const gone = this.list.some(({ name }) => !names.has(name));
    this.list = answer.body;
    this.loaded = true;
    if (gone) for (const told of this.#onGone) told();
    if (this.selected === null || this.get(this.selected) === undefined) this.selected = answer.body[0]?.name ?? null;
  }

  async #readRules(): Promise<void> {
    const answer = await api.get('/api/limits');
    if (answer.ok) this.#rules = new Map(answer.body.map((each) => [each.account, each]));
  }

  async #readBalances(): Promise<void> {
    const answer = await api.get('/api/balances');
    if (!answer.ok) return;
    this.#balances = new Map(answer.body.map((each) => [each.account, each]));
    this.balancesMs = browserTiming.nowMs();
  }
}

export const accounts = new Accounts();

function settlesIn(account: string, symbol: string): string | null {
  return instruments.get(account, symbol)?.settle ?? null;
}
