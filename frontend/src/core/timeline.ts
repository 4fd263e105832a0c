/**
 * An order's story: each record of its timeline as a phrase of the catalogue, with what it is made of.
 *
 * A change says what is different from the change before it, and by what it was caused.
 */

import type {
  AmendIntended,
  Answered,
  CameToNothing,
  CancelIntended,
  Cause,
  FillBooked,
  Order,
  OrderIntended,
  OrderUpdated,
  Refusal,
  TimelineLine,
} from './schema';

export type Tone = 'asked' | 'sent' | 'good' | 'bad' | 'doubt' | 'fill' | 'plain';

/** A text of `locales/en/orders.json` below `story.`, and what goes into it. */
export interface Phrase {
  readonly key: string;
  readonly params: Readonly<Record<string, string>>;
}

/**
 * One line of the story.
 *
 * `facts` say what changed or belongs to it; `why` is the cause; `exchangeWords` are the exchange's own, untouched.
 * `timeMs` is the desk's clock, `exchangeMs` the exchange's, where it gave one.
 */
export interface Told {
  readonly timeMs: number;
  readonly tone: Tone;
  readonly title: Phrase;
  readonly facts: readonly Phrase[];
  readonly why: Phrase | null;
  readonly exchangeWords: string | null;
  readonly exchangeMs: number | null;
}

type Body = OrderIntended | AmendIntended | CancelIntended | Answered | CameToNothing | OrderUpdated | FillBooked;

const KINDS = new Set<string>([
  'order_intended',
  'amend_intended',
  'cancel_intended',
  'answered',
  'came_to_nothing',
  'order_updated',
  'fill_booked',
]);

/** What an amend may change, in the order in which it is told. */
export const TERMS = ['amount', 'price', 'trigger_price', 'take_profit', 'stop_loss'] as const;

const CAUSES = new Set([
  'intent.journal',
  'answer.journal',
  'nothing.journal',
  'report.stream',
  'report.rest',
  'fill.stream',
  'fill.rest',
  'proof.rest',
  'restart.journal',
]);

/** The story in the order in which it happened. */
export function tell(lines: readonly TimelineLine[]): Told[] {
  const told: Told[] = [];
  const asked = new Set(lines.map(({ body }) => (isBody(body) && 'body_hash' in body ? body.command_id : null)));
  let before: Order | null = null;
  for (const line of lines) {
    if (!isBody(line.body)) {
      told.push(told_(line.time_ms, 'plain', phrase('unnamed', { kind: line.kind.replaceAll('_', ' ') })));
      continue;
    }
    const { body } = line;
    // That a command was written down is told by the command's own line.
    const echo =
      body.kind === 'order_updated' && body.cause.kind === 'intent' && asked.has(body.cause.command_id ?? '');
    if (!echo) told.push(...sentences(body, line.time_ms, before));
    if (body.kind === 'order_updated') before = body.order;
  }
  return told.sort((a, b) => a.timeMs - b.timeMs); // an answer also tells when it was sent
}

function isBody(body: unknown): body is Body {
  return typeof body === 'object' && body !== null && 'kind' in body && KINDS.has(String(body.kind));
}

function sentences(body: Body, timeMs: number, before: Order | null): Told[] {
  switch (body.kind) {
    case 'order_intended':
      return [intended(body, timeMs)];
    case 'amend_intended':
      return [requested('amend_asked', body, timeMs, termsGiven(body))];
    case 'cancel_intended':
      return [requested('cancel_asked', body, timeMs, [])];
    case 'answered':
      return answered(body, timeMs);
    case 'came_to_nothing':
      return [nothing(body, timeMs)];
    case 'order_updated':
      return [updated(body, timeMs, before)];
    case 'fill_booked':
      return [filled(body, timeMs)];
  }
}

function intended(body: OrderIntended, timeMs: number): Told {
  const { terms } = body;
  const title = phrase(terms.price === null || terms.price === undefined ? 'asked_market' : 'asked_limit', {
    side: terms.side,
    amount: terms.amount,
    symbol: terms.symbol,
    price: terms.price ?? '',
  });
  if (body.denied) return refused(timeMs, title, body.denied, 'denied');
  const facts = [phrase('transport', { transport: body.transport })];
  if (body.mark) facts.push(phrase('judged_at', { mark: body.mark }));
  return told_(timeMs, 'asked', title, facts);
}

function requested(key: string, body: AmendIntended | CancelIntended, timeMs: number, facts: Phrase[]): Told {
  if (body.denied) return refused(timeMs, phrase(key), body.denied, 'denied');
  return told_(timeMs, 'asked', phrase(key), facts);
}

function termsGiven(body: AmendIntended): Phrase[] {
  return TERMS.flatMap((term) => {
    const value = body[term] ?? null;
    return value === null ? [] : [phrase(isZero(value) ? `${term}_off` : `${term}_to`, { value })];
  });
}

/** What was sent and what came back: two lines where both times are known. */
function answered(body: Answered, timeMs: number): Told[] {
  const of = commandOf(body.command);
  const sentMs = body.sent_ms ?? 0;
  const answeredMs = body.answered_ms || timeMs;
  const lines: Told[] = sentMs ? [told_(sentMs, 'sent', phrase(`${of}_sent`))] : [];
  const took = sentMs ? [phrase('took', { ms: String(Math.max(answeredMs - sentMs, 0)) })] : [];
  if (body.outcome === 'in_doubt') {
    const why = body.detail ? phrase('note', { note: body.detail }) : null;
    return [...lines, { ...told_(answeredMs, 'doubt', phrase(`${of}_doubt`), took), why }];
  }
  const id = of === 'order' && body.exchange_order_id ? [phrase('exchange_id', { id: body.exchange_order_id })] : [];
  return [...lines, told_(answeredMs, 'good', phrase(`${of}_taken`), [...id, ...took])];
}

function commandOf(command: string): 'order' | 'amend' | 'cancel' | 'command' {
  const name = command.replace(/_intended$/, '');
  return name === 'order' || name === 'amend' || name === 'cancel' ? name : 'command';
}

function nothing(body: CameToNothing, timeMs: number): Told {
  const own = !body.order_id || body.order_id === body.command_id;
  return refused(timeMs, phrase(own ? 'nothing_order' : 'nothing_command'), body.refusal, body.how);
}

function refused(timeMs: number, title: Phrase, refusal: Refusal, how: CameToNothing['how']): Told {
  return {
    ...told_(timeMs, 'bad', title, [phrase(`how_${how}`)]),
    why: phrase('note', { note: refusal.message }),
    exchangeWords: exchangeWords(refusal),
  };
}

/** The exchange's own code and words, or `null` where it was not the exchange that refused. */
export function exchangeWords(refusal: Refusal | null | undefined): string | null {
  const said = [refusal?.exchange_code, refusal?.exchange_message].filter(Boolean).join(' ');
  return said || null;
}

function updated(body: OrderUpdated, timeMs: number, before: Order | null): Told {
  const { order, cause } = body;
  const moved = before === null || before.status !== order.status;
  const differs = differences(order, before);
  // That a command is on its way no more goes without saying where its effect is told.
  const facts = [...flags(order, before, moved || differs.length > 0), ...differs];
  if (cause.note) facts.push(phrase('note', { note: cause.note }));
  const said = order.refusal?.message ?? order.reason;
  if (said && said !== cause.note && said !== (before?.refusal?.message ?? before?.reason)) {
    facts.push(phrase('note', { note: said }));
  }
  const title = moved ? phrase(`now_${order.status}`) : phrase('changed', { status: order.status });
  return {
    timeMs,
    tone: moved ? toneOf(order.status) : 'plain',
    title,
    facts,
    why: causeOf(cause),
    exchangeWords: (moved ? exchangeWords(order.refusal) : null) ?? codeIn(cause.note),
    exchangeMs: cause.exchange_ms ?? null,
  };
}

/** An exchange's bare reason code, `CancelByUser`: what stands for it in words may not be all of it. */
function codeIn(note: string | null | undefined): string | null {
  return note && /^[A-Z]\w+$/.test(note) ? note : null;
}

const TONES: Partial<Record<Order['status'], Tone>> = {
  denied: 'bad',
  rejected: 'bad',
  not_placed: 'bad',
  in_doubt: 'doubt',
  filled: 'good',
  open: 'good',
  partially_filled: 'good',
};

function toneOf(status: Order['status']): Tone {
  return TONES[status] ?? 'plain';
}

function flags(order: Order, before: Order | null, onlySet: boolean): Phrase[] {
  return (['cancel_requested', 'amend_requested', 'quarantined'] as const).flatMap((flag) => {
    if (order[flag] === (before?.[flag] ?? false)) return [];
    if (order[flag]) return [phrase(flag)];
    return onlySet && flag !== 'quarantined' ? [] : [phrase(`${flag}_off`)];
  });
}

function differences(order: Order, before: Order | null): Phrase[] {
  const facts: Phrase[] = [];
  if (order.filled !== (before?.filled ?? '0') && !isZero(order.filled)) {
    facts.push(phrase('progress', { filled: order.filled, amount: order.amount }));
  }
  if (before === null) return facts;
  if (order.average && order.average !== before.average) facts.push(phrase('average_now', { average: order.average }));
  const fees = paid(order);
  if (fees && fees !== paid(before)) facts.push(phrase('fees_now', { fees }));
  for (const term of TERMS) {
    const [old, now] = [before[term] ?? null, order[term] ?? null];
    if (old === now) continue;
    if (now === null) facts.push(phrase(`${term}_off`));
    else facts.push(old === null ? phrase(`${term}_to`, { value: now }) : phrase(`${term}_from`, { old, value: now }));
  }
  return facts;
}

function paid(order: Order): string {
  return Object.entries(order.fees ?? {})
    .map(([currency, fee]) => `${fee} ${currency}`)
    .join(', ');
}

/** By what it was caused. */
function causeOf(cause: Cause): Phrase {
  const name = `${cause.kind}.${cause.source}`;
  if (!CAUSES.has(name)) return phrase('cause_other', { kind: cause.kind, source: cause.source });
  return phrase(`cause_${name.replace('.', '_')}`);
}

function filled({ fill }: FillBooked, timeMs: number): Told {
  const facts = [
    phrase(isNegative(fill.fee) ? 'rebate' : 'fee', { fee: fill.fee.replace(/^-/, ''), currency: fill.fee_currency }),
  ];
  if (fill.liquidity) facts.push(phrase('liquidity', { liquidity: fill.liquidity }));
  const pnl = fill.realised_pnl ?? '0';
  if (!isZero(pnl)) facts.push(phrase('pnl', { pnl: isNegative(pnl) ? pnl : `+${pnl}` }));
  const kind = fill.kind ?? 'trade';
  if (kind !== 'trade') facts.push(phrase(`fill_${kind}`));
  const title = phrase('filled', { amount: fill.amount, price: fill.price });
  return { ...told_(timeMs, 'fill', title, facts), exchangeMs: fill.time_ms };
}

function told_(timeMs: number, tone: Tone, title: Phrase, facts: readonly Phrase[] = []): Told {
  return { timeMs, tone, title, facts, why: null, exchangeWords: null, exchangeMs: null };
}

function phrase(key: string, params: Record<string, string> = {}): Phrase {
  return { key, params };
}

function isZero(decimal: string): boolean {
  return !/[1-9]/.test(decimal);
}

function isNegative(decimal: string): boolean {
  return decimal.startsWith('-') && !isZero(decimal);
}
