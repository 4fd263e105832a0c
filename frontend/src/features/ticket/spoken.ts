/** The order in the ticket in words and figures, as the button says them. */
import { t } from '../../core/i18n';
import { mul, placesOf, shown } from '../../core/money';
import type { TicketDraft } from '../../core/ticket_draft';
import type { TicketRuling } from '../../core/ticket_rules';
import type { InstrumentView } from '../../core/wire';

export function shownPrice(price: string, instrument: Pick<InstrumentView, 'price_tick'>): string {
  return shown(price, { places: placesOf(instrument.price_tick) });
}

/** An amount in base currency with all the places that its lot has. */
export function shownBase(base: string, instrument: Pick<InstrumentView, 'amount_step' | 'contract_size'>): string {
  return shown(base, { places: placesOf(mul(instrument.amount_step, instrument.contract_size)) });
}

/** "Buy 0.520 BTC @ 59 729.0 · sim"; null while it is no order yet. */
export function spoken(draft: TicketDraft, ruling: TicketRuling, instrument: InstrumentView): string | null {
  if (ruling.body === null || ruling.base === null) return null;
  const { price, trigger_price: trigger } = ruling.body;
  const words = {
    side: t(`ui.side.${draft.side}`),
    amount: shownBase(ruling.base, instrument),
    base: instrument.base,
    account: draft.account,
    price: price ? shownPrice(price, instrument) : '',
    trigger: trigger ? shownPrice(trigger, instrument) : '',
  };
  if (trigger) return t(price ? 'ticket.submit.trigger_limit' : 'ticket.submit.trigger', words);
  return t(price ? 'ticket.submit.order' : 'ticket.submit.market', words);
}
