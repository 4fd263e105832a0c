/** What stands in the ticket. Kept for the tab, so that a reload or a new sign-in loses no field. */
import * as v from 'valibot';
import { inUnit, SIZE_UNITS, type SizeUnit, type SizingBasis } from '../core/sizing';
import { isConditional, TICKET_TYPES, type ProtectUnit, type TicketDraft, type TicketType } from '../core/ticket_draft';
import type { Side, Ticker, TimeInForce, TriggerBy } from '../core/wire';
import { prefs } from './prefs.svelte';

const KEY = 'hedgerow.ticket';

const Kept = v.object({
  account: v.fallback(v.string(), ''),
  symbol: v.fallback(v.string(), ''),
  side: v.fallback(v.picklist(['buy', 'sell']), 'buy'),
  type: v.fallback(v.picklist(TICKET_TYPES), 'limit'),
  price: v.fallback(v.string(), ''),
  trigger: v.fallback(v.string(), ''),
  triggerBy: v.fallback(v.picklist(['last', 'mark', 'index']), 'last'),
  size: v.fallback(v.string(), ''),
  unit: v.fallback(v.picklist(SIZE_UNITS), 'base'),
  timeInForce: v.fallback(v.picklist(['GTC', 'IOC', 'FOK']), 'GTC'),
  postOnly: v.fallback(v.boolean(), false),
  reduceOnly: v.fallback(v.boolean(), false),
  protect: v.fallback(v.boolean(), false),
  protectUnit: v.fallback(v.picklist(['price', 'percent']), 'percent'),
  takeProfit: v.fallback(v.string(), ''),
  stopLoss: v.fallback(v.string(), ''),
  priced: v.fallback(v.boolean(), false),
});

type Kept = v.InferOutput<typeof Kept>;

/** What `text` holds of a draft; whatever is wrong in it is as in an empty ticket. */
export function parseDraft(text: string | null): Kept {
  let said: unknown = null;
  try {
    said = JSON.parse(text ?? 'null');
  } catch {
    // Cut off, or not ours: an empty ticket.
  }
  const parsed = v.safeParse(Kept, said);
  return parsed.success ? parsed.output : v.parse(Kept, {});
}

class Ticket implements TicketDraft {
  account = $state('');
  symbol = $state('');
  side = $state<Side>('buy');
  type = $state<TicketType>('limit');
  price = $state('');
  trigger = $state('');
  triggerBy = $state<TriggerBy>('last');
  size = $state('');
  unit = $state<SizeUnit>('base');
  timeInForce = $state<TimeInForce>('GTC');
  postOnly = $state(false);
  reduceOnly = $state(false);
  protect = $state(false);
  protectUnit = $state<ProtectUnit>('percent');
  takeProfit = $state('');
  stopLoss = $state('');

  /** The phone's sheet is up. */
  open = $state(false);
  /** The price is a person's word: the page does not propose another. */
  priced = $state(false);
  /** Somebody is in the price field: a price written into it now would land among what is being typed. */
  editing = $state(false);

  constructor() {
    Object.assign(this, parseDraft(sessionStorage.getItem(KEY)));
    $effect.root(() => {
      $effect(() => {
        const kept: Kept = { ...this.draft, priced: this.priced };
        sessionStorage.setItem(KEY, JSON.stringify(kept));
      });
    });
  }

  get draft(): TicketDraft {
    const { account, symbol, side, type, price, trigger, triggerBy, size, unit, timeInForce } = this;
    const { postOnly, reduceOnly, protect, protectUnit, takeProfit, stopLoss } = this;
    const options = { timeInForce, postOnly, reduceOnly, protect, protectUnit, takeProfit, stopLoss };
    return { account, symbol, side, type, price, trigger, triggerBy, size, unit, ...options };
  }

  /** Goes to another market: prices of the old one mean nothing there; the size is the one last used there. */
  follow(account: string, symbol: string): void {
    if (account === this.account && symbol === this.symbol) return;
    this.account = account;
    if (symbol === this.symbol) return;
    this.symbol = symbol;
    this.price = this.trigger = '';
    this.priced = false;
    if (this.protectUnit === 'price') this.takeProfit = this.stopLoss = '';
    this.reduceOnly = false;
    const last = prefs.lastSize[symbol];
    this.size = last?.size ?? '';
    this.unit = SIZE_UNITS.find((unit) => unit === last?.unit) ?? this.unit;
  }

  /** A price picked in the book or on the chart. Into the trigger where that is what is being set. */
  fillPrice(price: string, side?: Side): void {
    if (side !== undefined) this.side = side;
    if (isConditional(this.type)) {
      this.trigger = price;
      return;
    }
    this.type = 'limit';
    this.typePrice(price);
  }

  typePrice(price: string): void {
    this.price = price;
    this.priced = true;
  }

  /** The best price of one's own side, until somebody says otherwise; it stands still once there is a size. */
  proposePrice(ticker: Ticker): void {
    if (this.priced || this.editing || this.type !== 'limit' || ticker.symbol !== this.symbol) return;
    const best = this.side === 'buy' ? ticker.bid : ticker.ask;
    if (best !== null && (this.price === '' || this.size === '')) this.price = best;
  }

  chooseSide(side: Side): void {
    if (side !== this.side && !this.priced) this.price = '';
    this.side = side;
  }

  /** A limit price does not follow into a stop: that goes at the market unless it is given a price of its own. */
  chooseType(type: TicketType): void {
    if (isConditional(type) !== isConditional(this.type)) {
      this.price = '';
      this.priced = false;
    }
    this.type = type;
  }

  /** Another unit for the same contracts; where they cannot be told in it, the field is emptied. */
  chooseUnit(unit: SizeUnit, basis: SizingBasis): void {
    this.size = inUnit(this.size, this.unit, unit, basis) ?? '';
    this.unit = unit;
  }

  choosePercent(percent: number): void {
    this.unit = 'percent';
    this.size = percent === 0 ? '' : String(percent);
  }

  /** After an order went out: the next ticket for this symbol begins with its size. */
  remember(): void {
    prefs.lastSize = { ...prefs.lastSize, [this.symbol]: { size: this.size, unit: this.unit } };
  }

  show(side: Side): void {
    this.chooseSide(side);
    if (!this.priced) this.price = '';
    this.open = true;
  }
}

export const ticket = new Ticket();
