import fc from 'fast-check';
import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import texts from '../../../src/locales/en/orders.json';
import { tell, type Told } from '../../../src/core/timeline';
import type { Order, OrderStory, TimelineLine } from '../../../src/core/wire';

function recorded(name: string): OrderStory {
  return JSON.parse(
    readFileSync(new URL(`../../fixtures/stories/${name}.json`, import.meta.url), 'utf8'),
  ) as OrderStory;
}

const keys = (told: readonly Told[]): string[] => told.map(({ title }) => title.key);
const fact = (told: Told | undefined, key: string): Record<string, string> | undefined =>
  told?.facts.find((each) => each.key === key)?.params;

const ORDER: Order = { ...recorded('filled_market_order').order, filled: '0' };

function line(body: Record<string, unknown>, timeMs = 1_000): TimelineLine {
  return { time_ms: timeMs, stream: 's', kind: String(body['kind']), body };
}

function updated(order: Partial<Order>, cause: Record<string, unknown>, timeMs = 1_000): TimelineLine {
  return line({ kind: 'order_updated', order: { ...ORDER, ...order }, cause }, timeMs);
}

const REPORT = { kind: 'report', source: 'stream' };

test('a market order, as a desk recorded it: asked, sent, taken, filled', () => {
  const told = tell(recorded('filled_market_order').timeline);
  expect(keys(told).slice(0, 3)).toEqual(['asked_market', 'order_sent', 'order_taken']);
  expect(fact(told[2], 'took')).toEqual({ ms: '2' });
  const fill = told.find(({ tone }) => tone === 'fill');
  expect(fill?.title).toEqual({ key: 'filled', params: { amount: '0.02', price: '60024' } });
  expect(fact(fill, 'fee')).toEqual({ fee: '0.660264', currency: 'USDT' });
  expect(keys(told)).toContain('now_filled');
  expect(fact(told.at(-1), 'fees_now')).toEqual({ fees: '0.660264 USDT' });
});

test('a change and a cancel tell what was asked, what was taken, and what is different now', () => {
  const told = tell(recorded('amended_and_canceled').timeline);
  const asked = told.find(({ title }) => title.key === 'amend_asked');
  expect(asked?.facts).toEqual([
    { key: 'amount_to', params: { value: '0.02' } },
    { key: 'price_to', params: { value: '58500' } },
  ]);
  const changed = told.find(({ title }) => title.key === 'changed');
  expect(fact(changed, 'price_from')).toEqual({ old: '58000', value: '58500' });
  expect(fact(changed, 'amend_requested_off')).toBeUndefined();
  expect(told.at(-1)).toMatchObject({ title: { key: 'now_canceled' }, exchangeWords: 'CancelByUser' });
  expect(keys(told)).toContain('cancel_sent');
});

test('a denial is told with its reason, and nothing is said to have been sent', () => {
  const refusal = { code: 'halted', message: 'trading is halted' };
  const told = tell([
    line({ kind: 'order_intended', terms: ORDER, denied: refusal, transport: 'rest', body_hash: 'x' }),
  ]);
  expect(told).toHaveLength(1);
  expect(told[0]).toMatchObject({ tone: 'bad', why: { key: 'note', params: { note: 'trading is halted' } } });
});

test("a rejection keeps the exchange's own words apart", () => {
  const refusal = {
    code: 'exchange_rejected',
    message: 'not enough margin',
    exchange_code: '110007',
    exchange_message: 'ab',
  };
  const [told] = tell([line({ kind: 'came_to_nothing', command_id: 'a', order_id: 'a', how: 'rejected', refusal })]);
  expect(told).toMatchObject({ title: { key: 'nothing_order' }, exchangeWords: '110007 ab' });
  expect(told?.facts).toEqual([{ key: 'how_rejected', params: {} }]);
});

test('no answer is a doubt, with what came instead of one', () => {
  const told = tell([
    line({
      kind: 'answered',
      command: 'order_intended',
      command_id: 'a',
      outcome: 'in_doubt',
      detail: 'HTTP 502',
      sent_ms: 5,
      answered_ms: 65,
    }),
    updated({ status: 'in_doubt', reason: 'HTTP 502' }, { kind: 'answer', source: 'journal', note: 'HTTP 502' }),
  ]);
  expect(keys(told)).toEqual(['order_sent', 'order_doubt', 'now_in_doubt']);
  expect(told[1]).toMatchObject({ tone: 'doubt', why: { params: { note: 'HTTP 502' } } });
  expect(told[2]?.facts).toEqual([{ key: 'note', params: { note: 'HTTP 502' } }]);
});

test('what is evidence is named: a proof, a report when asked, a fill that was fetched', () => {
  for (const [kind, source] of [
    ['proof', 'rest'],
    ['report', 'rest'],
    ['fill', 'rest'],
    ['restart', 'journal'],
  ] as const) {
    const [told] = tell([updated({}, { kind, source })]);
    expect(told?.why?.key).toBe(`cause_${kind}_${source}`);
  }
  expect(tell([updated({}, { kind: 'new', source: 'moon' })])[0]?.why).toEqual({
    key: 'cause_other',
    params: { kind: 'new', source: 'moon' },
  });
});

test('a removed protection is said to be gone, a loss keeps its sign, a rebate is one', () => {
  const told = tell([
    updated({ take_profit: '7', status: 'open' }, REPORT),
    updated({ take_profit: null, status: 'open' }, REPORT),
    line({
      kind: 'fill_booked',
      fill: {
        amount: '1',
        price: '2',
        fee: '-0.1',
        fee_currency: 'USDT',
        realised_pnl: '-3',
        time_ms: 9,
        kind: 'liquidation',
      },
    }),
  ]);
  expect(told[1]?.facts).toEqual([{ key: 'take_profit_off', params: {} }]);
  expect(told[2]?.facts.map(({ key }) => key)).toEqual(['rebate', 'pnl', 'fill_liquidation']);
  expect(fact(told[2], 'pnl')).toEqual({ pnl: '-3' });
});

test('a record of a kind that is not known yet is still a line', () => {
  expect(tell([line({ kind: 'trailed_upwards' })])[0]?.title).toEqual({
    key: 'unnamed',
    params: { kind: 'trailed upwards' },
  });
});

const STATUSES = Object.keys(texts.status).filter((name) => `now_${name}` in texts.story);

test('every line has its words in the catalogue, and the lines are in the order of their time', () => {
  const status = fc.constantFrom(...STATUSES);
  const term = fc.option(fc.constantFrom('1', '2.5', '0'));
  const change = fc.record({
    status,
    amount: fc.constantFrom('1', '2'),
    price: term,
    trigger_price: term,
    take_profit: term,
    stop_loss: term,
    filled: fc.constantFrom('0', '0.5'),
    cancel_requested: fc.boolean(),
    amend_requested: fc.boolean(),
    quarantined: fc.boolean(),
  });
  fc.assert(
    fc.property(fc.array(fc.tuple(change, fc.nat(100))), (changes) => {
      const told = tell(changes.map(([order, at]) => updated(order as Partial<Order>, REPORT, at)));
      for (const { title, facts, why } of told) {
        for (const { key } of [title, ...facts, ...(why ? [why] : [])]) expect(Object.keys(texts.story)).toContain(key);
      }
      expect(told.map(({ timeMs }) => timeMs)).toEqual(changes.map(([, at]) => at).sort((a, b) => a - b));
    }),
  );
});
