/** A word on what became of an order, one toast an order. */
import { t } from '../core/i18n';
import { compare, mul, placesOf, shown } from '../core/money';
import { baseOf, shortName } from '../core/names';
import type { Order } from '../core/wire';
import { instruments } from './instruments.svelte';
import { toasts } from './toasts.svelte';

/** What is older was missed and is in the grids; it is no news. */
const NEWS_MS = 60_000;

export function toastOf(before: Order | undefined, after: Order, nowMs: number): void {
  if (nowMs - after.updated_ms > NEWS_MS) return;
  if (compare(after.filled, before?.filled ?? '0') > 0) showFill(after);
  else if (before?.status !== after.status && isRefused(after)) showRefusal(after);
}

function isRefused({ status }: Order): boolean {
  return status === 'denied' || status === 'rejected' || status === 'not_placed';
}

function showFill(order: Order): void {
  const [filled, amount, unit] = amountsOf(order);
  const words = { side: t(`desk.side.${order.side}`), symbol: shortName(order.symbol), filled, amount, unit };
  toasts.show({
    kind: 'fill',
    group: order.order_id,
    title: order.status === 'filled' ? t('desk.filled', words) : t('desk.partly_filled', words),
    ...(order.average ? { text: t('desk.at', { price: averageOf(order), account: order.account }) } : {}),
  });
}

/** A mean of prices has no end of places; to the tick it is a price again. */
function averageOf(order: Order): string {
  const average = order.average ?? '0';
  const tick = instruments.get(order.account, order.symbol)?.price_tick;
  return shown(average, tick === undefined ? {} : { places: placesOf(tick) });
}

function showRefusal(order: Order): void {
  const why = order.refusal?.message ?? order.reason;
  toasts.show({
    kind: 'error',
    group: order.order_id,
    title: t(order.status === 'not_placed' ? 'desk.not_placed' : 'desk.refused', { symbol: shortName(order.symbol) }),
    ...(why ? { text: why } : {}),
  });
}

/** What is filled, of how much, and in what: base currency where the contract is known, else contracts. */
function amountsOf(order: Order): [string, string, string] {
  const instrument = instruments.get(order.account, order.symbol);
  const size = instrument?.contract_size ?? '1';
  const unit = instrument === undefined ? t('desk.contracts') : baseOf(order.symbol);
  return [shown(mul(order.filled, size)), shown(mul(order.amount, size)), unit];
}
