import { fireEvent, render, screen, waitFor } from '@testing-library/svelte';
import { afterEach, describe, expect, it } from 'vitest';
import Ticket from '../../../src/features/ticket/Ticket.svelte';
import { prefs } from '../../../src/state/prefs.svelte';
import { parseDraft, ticket } from '../../../src/state/ticket.svelte';
import type { Sent } from '../market/desk';
import { accepted, close, commands, open, SYMBOL, tick, type Answers } from './desk';

afterEach(close);

/** A ticket with a price and, once the leverage is known, a share to reckon by. */
async function show(answers: Answers = {}): Promise<Sent[]> {
  const sent = await open(answers);
  render(Ticket);
  await tick();
  await screen.findByText('10×');
  return sent;
}

const field = (name: string | RegExp): HTMLInputElement => screen.getByRole('textbox', { name });
const button = (): HTMLButtonElement => screen.getByTestId('ticket-submit');
const type = (name: string, text: string): Promise<boolean> =>
  fireEvent.input(field(name), { target: { value: text } });
const choose = (name: string): Promise<boolean> => fireEvent.click(screen.getByRole('radio', { name }));

describe('what it proposes and says', () => {
  it('proposes the best price of its own side, and asks for a size', async () => {
    await show();
    expect(field('Price (USDT)').value).toBe('60000');
    expect(button().textContent).toContain('Enter a size');
    expect(button().disabled).toBe(true);
  });

  it('proposes nothing into a field that somebody is in: it would land among what is typed', async () => {
    await show();
    field('Price (USDT)').focus();
    await tick({ bid: '60100', ask: '60100.1' });
    expect(field('Price (USDT)').value).toBe('60000');
    field('Price (USDT)').blur();
    await tick({ bid: '60200', ask: '60200.1' });
    expect(field('Price (USDT)').value).toBe('60200');
  });

  it('spells the order on the button', async () => {
    await show();
    await type('Size', '0.5209');
    expect(button().textContent?.trim()).toBe('Buy 0.520 BTC @ 60\u202f000.0 · sim');
    expect(screen.getByText('Rounded down to 0.52, the next whole lot.')).toBeTruthy();
    await choose('Sell / Short');
    expect(button().textContent?.trim()).toBe('Sell 0.520 BTC @ 60\u202f000.1 · sim');
  });

  it('shows no figures of the least order, which was only asked about to learn the leverage', async () => {
    await show();
    await type('Size', '0.52');
    const margin = /^~ 3\s068\.00$/; // what the desk reckons here for any order
    expect(screen.queryByText(margin)).toBeNull();
    expect(await screen.findByText(margin)).toBeTruthy();
  });

  it('keeps the contracts when the unit is changed', async () => {
    await show();
    await type('Size', '0.52');
    await choose('USDT');
    expect(field('Size').value).toBe('31200');
    await choose('%');
    expect(ticket.unit).toBe('percent');
    expect(screen.getByText('≈ 0.520 BTC')).toBeTruthy();
    await choose('BTC');
    expect(field('Size').value).toBe('0.52');
  });

  it('takes a share of what is available', async () => {
    await show();
    await fireEvent.click(screen.getByRole('button', { name: '50 %' }));
    // 10 000 x 10 / (60 000 x (1 + 2 x 0.00055 x 10)) = 1.648, of which half
    expect(screen.getByText('≈ 0.824 BTC')).toBeTruthy();
  });

  it('says at its field what is wrong', async () => {
    const sent = await show();
    await type('Size', '0.52');
    await type('Price (USDT)', '60000.05');
    expect(screen.getByRole('alert').textContent).toBe('Goes in steps of 0.1.');
    expect(field('Price (USDT)').getAttribute('aria-invalid')).toBe('true');
    await fireEvent.keyDown(field('Size'), { key: 'Enter' });
    expect(commands(sent)).toEqual([]);
  });

  it('does not let a limit price make a stop-limit of a stop', async () => {
    await show();
    await type('Price (USDT)', '59000');
    await type('Size', '0.1');
    await choose('Stop');
    await type('Trigger (USDT)', '61000');
    expect(button().textContent?.trim()).toBe('Buy 0.100 BTC when 61\u202f000.0 · sim');
  });

  it('shows what the desk would deny, and sends all the same when asked to', async () => {
    const denial = { code: 'order_notional_limit', message: 'The order is worth too much.', field: 'amount' };
    const sent = await show({ preview: () => ({ denial }) });
    await type('Size', '0.52');
    expect(await screen.findByText('The order is worth too much.')).toBeTruthy();
    await fireEvent.click(button());
    await waitFor(() => expect(commands(sent)).toHaveLength(1));
  });
});

describe('one press', () => {
  it('of a double click sends one order', async () => {
    const sent = await show();
    await type('Size', '0.52');
    await fireEvent.click(button());
    await waitFor(() => expect(commands(sent)).toHaveLength(1));
    await screen.findByText('Sent');
    await fireEvent.click(button());
    await fireEvent.click(button());
    expect(commands(sent)).toHaveLength(1);
    expect(commands(sent)[0]?.body).toMatchObject({ amount: '0.52', price: '60000', side: 'buy', type: 'limit' });
  });

  it('is one by when it was made, not by when the page came to hear of it', async () => {
    const sent = await show();
    await type('Size', '0.52');
    const echo = new MouseEvent('click', { bubbles: true, detail: 1 });
    const madeMs = performance.now() + 150;
    Object.defineProperty(echo, 'timeStamp', { value: madeMs });
    await fireEvent.click(button());
    await screen.findByText('Sent');
    await waitFor(() => expect(performance.now() - madeMs).toBeGreaterThan(700)); // a page that stood still
    await fireEvent(button(), echo);
    expect(commands(sent)).toHaveLength(1);
  });

  it('of Enter, twice, sends one order', async () => {
    const sent = await show();
    await type('Size', '0.52');
    await fireEvent.keyDown(field('Size'), { key: 'Enter' });
    await fireEvent.keyDown(field('Size'), { key: 'Enter' });
    await waitFor(() => expect(commands(sent)).toHaveLength(1));
    await screen.findByText('Sent');
    expect(commands(sent)).toHaveLength(1);
  });

  it('leaves the ticket as it is, and remembers the size for the symbol', async () => {
    await show();
    await type('Size', '0.52');
    await fireEvent.click(button());
    await screen.findByText('Sent');
    expect(field('Size').value).toBe('0.52');
    expect(prefs.lastSize[SYMBOL]).toEqual({ size: '0.52', unit: 'base' });
  });
});

describe('a question before it goes', () => {
  it('of a market order, by the policy', async () => {
    const sent = await show();
    await choose('Market');
    await type('Size', '0.52');
    await fireEvent.click(button());
    expect(commands(sent)).toEqual([]);
    await fireEvent.click(screen.getByRole('button', { name: 'Send it', hidden: true }));
    await waitFor(() => expect(commands(sent)).toHaveLength(1));
  });

  it('of a limit order that the market would fill at once, as of a market order', async () => {
    const sent = await show();
    await type('Size', '0.52');
    await type('Price (USDT)', '60001');
    await fireEvent.click(button());
    expect(screen.getByRole('button', { name: 'Send it', hidden: true })).toBeTruthy();
    expect(commands(sent)).toEqual([]);
  });

  it('above a worth that the user has set waits for the coin to be typed, and lets what reduces pass', async () => {
    const sent = await show();
    prefs.typedAbove = '20000';
    await type('Size', '0.52');
    await type('Price (USDT)', '59000');
    await fireEvent.click(button());
    const send = screen.getByRole<HTMLButtonElement>('button', { name: 'Send it', hidden: true });
    expect(send.disabled).toBe(true);
    const word = screen.getByLabelText('Type BTC to go on');
    await fireEvent.input(word, { target: { value: 'ETH' } });
    expect(send.disabled).toBe(true);
    expect(commands(sent)).toEqual([]);
    await fireEvent.input(word, { target: { value: ' btc ' } });
    await fireEvent.click(send);
    await waitFor(() => expect(commands(sent)).toHaveLength(1));
  });

  it('says in sight that a market order is not asked about', async () => {
    await show();
    expect(screen.queryByText('One press')).toBeNull();
    prefs.confirm.market = false;
    expect(await screen.findByText('One press')).toBeTruthy();
  });

  it('of an old price, whatever the policy', async () => {
    const sent = await show();
    prefs.confirm.market = false;
    await choose('Market');
    await type('Size', '0.52');
    const { clock } = await import('../../../src/state/clock.svelte');
    clock.nowMs = Date.now() + 11_000;
    await screen.findByText(/The price shown is old/);
    await fireEvent.click(button());
    expect(commands(sent)).toEqual([]);
    expect(screen.getByRole('button', { name: 'Send it', hidden: true })).toBeTruthy();
  });
});

describe('a refusal', () => {
  const problem = {
    type: 'x',
    title: 'x',
    status: 422,
    code: 'exchange_rejected',
    detail: 'Bybit refused the price.',
    field: 'price',
    exchange_code: '110003',
    exchange_message: 'Order price exceeds the allowable range.',
  };

  it('stands at its field until the ticket changes, with the exchange’s words behind a tap', async () => {
    const sent = await show({ command: () => ({ status: 422, body: problem }) });
    await type('Size', '0.52');
    await fireEvent.click(button());
    expect(await screen.findByText('Bybit refused the price.')).toBeTruthy();
    expect(field('Price (USDT)').getAttribute('aria-invalid')).toBe('true');
    expect(screen.getByText(/110003 Order price exceeds/).closest('details')?.open).toBe(false);
    expect(prefs.lastSize[SYMBOL]).toBeUndefined();
    await type('Price (USDT)', '59000');
    expect(screen.queryByText('Bybit refused the price.')).toBeNull();
    expect(commands(sent)).toHaveLength(1);
  });
});

it('a reload loses no field', async () => {
  await show({ command: accepted });
  await type('Size', '0.52');
  await type('Price (USDT)', '58000');
  await waitFor(() => {
    const kept = parseDraft(sessionStorage.getItem('hedgerow.ticket'));
    expect(kept).toMatchObject({ size: '0.52', price: '58000', priced: true, account: 'sim', symbol: SYMBOL });
  });
});

it('a broken record costs the broken fields only', () => {
  expect(parseDraft('{"size": "1", "side": "up", "unit": 3}')).toMatchObject({ size: '1', side: 'buy', unit: 'base' });
  expect(parseDraft('{"size":')).toMatchObject({ size: '' });
});
