/** A row of the living orders as words and flags, reactive: what the grid's line and the phone's card share. */
import { t } from '../../core/i18n';
import { shortName } from '../../core/names';
import type { AccountView, AmendOrderBody, InstrumentView, Order } from '../../core/wire';
import { hasEnded } from '../../core/reduce';
import { accounts } from '../../state/accounts.svelte';
import { busy } from '../../state/commands.svelte';
import { rowEdits } from '../../state/grid.svelte';
import { instruments } from '../../state/instruments.svelte';
import type { OrderRow } from '../../state/orders.svelte';
import { kindOf, sizeWords, stateOf, type Kind, type State } from './order_facts';

export class OrderView {
  readonly #row: () => OrderRow;

  constructor(row: () => OrderRow) {
    this.#row = row;
  }

  get row(): OrderRow {
    return this.#row();
  }

  get order(): Order {
    return this.row.order;
  }

  get account(): AccountView | undefined {
    return accounts.get(this.order.account);
  }

  get instrument(): InstrumentView | undefined {
    return instruments.get(this.order.account, this.order.symbol);
  }

  get market(): string {
    return shortName(this.order.symbol);
  }

  get kind(): Kind {
    return kindOf(this.order);
  }

  get canceling(): boolean {
    return busy(`cancel:${this.order.order_id}`) || busy(`cancel_all:${this.order.account}:`);
  }

  /** What this page has asked to change and has no answer to yet. */
  get asked(): AmendOrderBody | undefined {
    return rowEdits.asked.get(this.order.order_id);
  }

  get state(): State {
    return stateOf(this.row, this.canceling, this.asked !== undefined);
  }

  /** Whether there is a living order that takes commands. */
  get changeable(): boolean {
    return !this.row.sending && !this.row.checking && !hasEnded(this.order) && this.order.order_id !== '';
  }

  /** For labels: what the order is, in a few words. */
  get named(): Record<'side' | 'amount' | 'symbol', string> {
    const side = t(this.order.side === 'buy' ? 'ui.side.buy' : 'ui.side.sell');
    return { side, amount: sizeWords(this.order.amount, this.instrument), symbol: this.market };
  }
}
