// From what is typed in the ticket to what would be sent, and to what stands in its way, field by field.
// Linear contracts. The server judges again, and has the last word; here a person is told before pressing.
import Big from 'big.js';
import { percentBetween } from './position_figures';
import type { InstrumentView, PlaceOrderBody } from './wire';
import { inBase, contractsOf, notionalOf, positiveOrZero } from './sizing';
import {
  capabilityError,
  note,
  priceError,
  protectionError,
  reduceError,
  sizeError,
  stateError,
  triggerError,
  type TicketNote,
  type WarningCode,
} from './ticket_checks';
import {
  hasPrice,
  isConditional,
  isMarketable,
  isPrice,
  protectionOf,
  referencePrice,
  type TicketDraft,
  type TicketField,
  type TicketMarket,
} from './ticket_draft';

export interface TicketWarning extends TicketNote {
  code: WarningCode;
  field: TicketField;
  /** It is asked for once more before it goes out, whatever the user's policy. */
  confirm: boolean;
}

export interface TicketRuling {
  /** Whole lots; null where the size says nothing yet. */
  contracts: string | null;
  base: string | null;
  notional: string | null;
  /** The exact text; null for an order at the market. */
  price: string | null;
  takeProfit: string | null;
  stopLoss: string | null;
  /** A limit order that the market would fill at once is as good as a market order. */
  marketable: boolean;
  errors: Partial<Record<TicketField, TicketNote>>;
  warnings: TicketWarning[];
  /** What goes out; null while there are errors. */
  body: PlaceOrderBody | null;
}

/** A limit price this far from the mark, in percent, on either side, is asked for again. */
export const FAR_PERCENT = '5';

/** Everything that can be said of a draft without asking the server. */
export function rule(draft: TicketDraft, market: TicketMarket): TicketRuling {
  const { instrument } = market;
  if (instrument === null) {
    return { ...EMPTY, errors: { form: note('no_market') }, warnings: [] };
  }
  if (instrument.settle !== instrument.quote) {
    return { ...EMPTY, errors: { form: note('inverse') }, warnings: [] };
  }
  const errors: TicketRuling['errors'] = {};
  const price = hasPrice(draft) ? draft.price : null;
  const reference = referencePrice(draft, market.price);
  check(errors, 'trigger', triggerError(draft, market, instrument));
  check(errors, 'price', hasPrice(draft) ? priceError(draft.price, instrument, 'missing_price') : null);
  const contracts = contractsOf(draft.size, draft.unit, {
    contractSize: instrument.contract_size,
    amountStep: instrument.amount_step,
    price: reference,
    full: market.full,
  });
  const notional =
    contracts === null || reference === null ? null : notionalOf(contracts, instrument.contract_size, reference);
  check(errors, 'size', sizeError(draft, instrument, contracts, notional));
  check(errors, 'reduce_only', reduceError(draft, market, contracts));
  check(errors, 'form', stateError(draft, market.tradingState));
  const marketable = draft.type === 'limit' && isMarketable(draft.side, draft.price, market.ticker);
  if (marketable && draft.postOnly) check(errors, 'post_only', note('post_only_crosses'));
  const protection = protectionOf(draft, reference, instrument);
  const { takeProfit, stopLoss } = protection;
  check(errors, 'take_profit', protectionError('take_profit', draft, takeProfit, reference, instrument));
  check(errors, 'stop_loss', protectionError('stop_loss', draft, stopLoss, reference, instrument));
  check(errors, 'form', capabilityError(draft, market.capabilities));
  const ruling = {
    contracts,
    base: contracts === null ? null : inBase(contracts, instrument.contract_size),
    notional,
    price,
    ...protection,
    marketable,
    errors,
    warnings: warningsOf(draft, market, marketable, contracts, instrument),
  };
  const fit = contracts !== null && Object.keys(errors).length === 0;
  return { ...ruling, body: fit ? bodyOf(draft, contracts, protection) : null };
}

const EMPTY = {
  contracts: null,
  base: null,
  notional: null,
  price: null,
  takeProfit: null,
  stopLoss: null,
  marketable: false,
  body: null,
};

function bodyOf(
  draft: TicketDraft,
  contracts: string,
  protection: { takeProfit: string | null; stopLoss: string | null },
): PlaceOrderBody {
  const limit = hasPrice(draft);
  const body: PlaceOrderBody = {
    account: draft.account,
    symbol: draft.symbol,
    side: draft.side,
    type: limit ? 'limit' : 'market',
    amount: contracts,
    reduce_only: draft.reduceOnly,
    post_only: limit && draft.postOnly,
    quantise: false,
  };
  if (limit) body.price = draft.price;
  if (limit && !draft.postOnly) body.time_in_force = draft.timeInForce;
  if (isConditional(draft.type)) {
    body.trigger_price = draft.trigger;
    body.trigger_by = draft.triggerBy;
  }
  if (protection.takeProfit !== null) body.take_profit = protection.takeProfit;
  if (protection.stopLoss !== null) body.stop_loss = protection.stopLoss;
  return body;
}

function warningsOf(
  draft: TicketDraft,
  market: TicketMarket,
  marketable: boolean,
  contracts: string | null,
  instrument: InstrumentView,
): TicketWarning[] {
  const warnings = [farFromMark(draft, market), roundedDown(draft, contracts, instrument)];
  if (marketable && !draft.postOnly) warnings.push(warning('marketable', 'price', false));
  if (market.stale && (draft.type === 'market' || marketable)) warnings.push(warning('stale', 'form', true));
  return warnings.filter((each) => each !== null);
}

function farFromMark(draft: TicketDraft, market: TicketMarket): TicketWarning | null {
  const mark = market.ticker?.mark ?? market.ticker?.last ?? null;
  if (draft.type !== 'limit' || !isPrice(draft.price) || mark === null) return null;
  const away = percentBetween(mark, draft.price);
  if (away === null || new Big(away).abs().lte(FAR_PERCENT)) return null;
  const way = away.startsWith('-') ? 'below' : 'above';
  return warning('far_from_mark', 'price', true, { percent: new Big(away).abs().toFixed(1), way });
}

function roundedDown(draft: TicketDraft, contracts: string | null, instrument: InstrumentView): TicketWarning | null {
  const asked = positiveOrZero(draft.size);
  if (contracts === null || asked === null || draft.unit === 'quote' || draft.unit === 'percent') return null;
  const kept = draft.unit === 'base' ? inBase(contracts, instrument.contract_size) : contracts;
  return asked.gt(kept) && new Big(kept).gt(0) ? warning('rounded', 'size', false, { size: kept }) : null;
}

function warning(
  code: WarningCode,
  field: TicketField,
  confirm: boolean,
  params: Record<string, string> = {},
): TicketWarning {
  return { code, field, confirm, params };
}

/** The first error of a field stays: it is the one to mend first. */
function check(errors: TicketRuling['errors'], field: TicketField, error: TicketNote | null): void {
  if (error !== null) errors[field] ??= error;
}
