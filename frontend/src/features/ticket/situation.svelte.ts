/** What the ticket stands in: the market, the account and the position, and what the rules say of it all. */
import { affordable, type SizingBasis } from '../../core/sizing';
import { marketPrice, referencePrice, type TicketMarket } from '../../core/ticket_draft';
import { rule } from '../../core/ticket_rules';
import type { AccountView, InstrumentView, Ticker } from '../../core/wire';
import { accounts } from '../../state/accounts.svelte';
import { clock, freshness } from '../../state/clock.svelte';
import { instruments } from '../../state/instruments.svelte';
import { watchTicker } from '../../state/market.svelte';
import { positions } from '../../state/positions.svelte';
import { ticket } from '../../state/ticket.svelte';
import { leverages } from './leverages.svelte';

const SAMPLE_MS = 1_000;

/** To be made in a component's script: it watches the ticker while the component lives. */
export class TicketSituation {
  readonly #watched = watchTicker(() =>
    ticket.symbol === '' ? null : { account: ticket.account, symbol: ticket.symbol },
  );
  #sample = $state.raw<{ of: string; atMs: number; price: string | null }>({ of: '', atMs: 0, price: null });

  readonly account: AccountView | undefined = $derived(accounts.get(ticket.account));
  readonly instrument: InstrumentView | null = $derived(instruments.get(ticket.account, ticket.symbol) ?? null);
  readonly ticker: Ticker | null = $derived(this.#watched.value);
  readonly stale: boolean = $derived(
    this.ticker === null || freshness(this.#watched.receivedMs, clock.nowMs) === 'stale',
  );
  readonly position = $derived(positions.get(ticket.account, ticket.symbol));
  /** Contracts on the other side. */
  readonly reducible: string | null = $derived(
    positions.get(ticket.account, ticket.symbol, ticket.side === 'buy' ? 'short' : 'long')?.figures.size ?? null,
  );
  readonly leverage: string | null = $derived(
    this.position?.position.leverage ?? leverages.get(ticket.account, ticket.symbol),
  );
  readonly available: string | null = $derived(
    accounts.balances(ticket.account)?.balances.find(({ currency }) => currency === this.instrument?.settle)
      ?.available ?? null,
  );
  /** Moves once a second at most, so that a size in quote or percent does not flicker with each tick. */
  readonly price: string | null = $derived(referencePrice(ticket.draft, this.#sample.price));
  readonly basis: SizingBasis | null = $derived(this.#basis());
  readonly market: TicketMarket = $derived({
    instrument: this.instrument,
    capabilities: this.account?.capabilities ?? null,
    ticker: this.ticker,
    stale: this.stale,
    price: this.#sample.price,
    full: this.basis?.full ?? null,
    reducible: this.reducible,
    tradingState: accounts.rules(ticket.account)?.trading_state ?? this.account?.trading_state ?? 'active',
  });
  readonly ruling = $derived(rule(ticket.draft, this.market));

  constructor() {
    $effect(() => {
      const price = marketPrice(this.ticker, ticket.side);
      const of = `${ticket.account} ${ticket.symbol}`;
      const old = this.#sample.of !== of || this.#sample.price === null || clock.nowMs - this.#sample.atMs >= SAMPLE_MS;
      if (old && (price !== this.#sample.price || of !== this.#sample.of)) {
        this.#sample = { of, atMs: clock.nowMs, price };
      }
    });
    $effect(() => {
      if (this.ticker !== null) ticket.proposePrice(this.ticker);
    });
  }

  #basis(): SizingBasis | null {
    if (this.instrument === null) return null;
    const grid = {
      contractSize: this.instrument.contract_size,
      amountStep: this.instrument.amount_step,
      price: this.price,
    };
    if (ticket.reduceOnly) return { ...grid, full: this.reducible };
    if (this.available === null || this.leverage === null) return { ...grid, full: null };
    return { ...grid, full: affordable(this.available, this.leverage, this.instrument.taker_fee, grid) };
  }
}
