import { cleanup, fireEvent, render, screen, waitFor, within } from '@testing-library/svelte';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import type { AccountView, Order } from '../../../src/core/wire';
import Orders from '../../../src/features/orders/Orders.svelte';
import { accounts } from '../../../src/state/accounts.svelte';
import { ordersGrid, rowEdits } from '../../../src/state/grid.svelte';
import { orders } from '../../../src/state/orders.svelte';
import { route } from '../../../src/state/route.svelte';
import { instrument, SYMBOL } from '../market/desk';
import { DeskDouble, eventOf, orderOf } from '../state/desk_double';

let desk: DeskDouble;

beforeEach(() => {
  run += 1;
  desk = new DeskDouble();
  accounts.list = [{ name: 'sim', exchange: 'bybit', environment: 'simulation' } as AccountView];
  ordersGrid.text = '';
  ordersGrid.group = 'all';
  ordersGrid.sort = null;
  rowEdits.leave();
});

afterEach(() => {
  cleanup();
  orders.begin([]);
  accounts.list = [];
  vi.unstubAllGlobals();
});

async function shown(living: readonly Order[], layout: 'grid' | 'cards' = 'grid'): Promise<void> {
  orders.begin(living);
  render(Orders, { layout });
  const ids = living.map((each) => each.order_id).sort();
  await waitFor(() => expect(orders.rows.map(({ id }) => id).sort()).toEqual(ids));
  for (const asked of desk.of('GET', '/api/instruments')) asked.answer(200, [instrument(SYMBOL)]);
  if (living.length > 0) await waitFor(() => expect(bodyRows().length).toBeGreaterThan(0));
}

function bodyRows(): HTMLElement[] {
  return [...document.querySelectorAll<HTMLElement>('[data-row]')];
}

function prices(): string[] {
  return bodyRows().map(
    (row) =>
      within(row)
        .getByRole('button', { name: /Change the price/ })
        .textContent?.trim() ?? '',
  );
}

/** The page's orders outlive a test: each test has ids of its own. */
let run = 0;
const named = (n: number): string => `t${run}o${n}`;
const order = (n: number, price: string, more: Partial<Order> = {}): Order =>
  orderOf(named(n), { status: 'open', price, created_ms: n, ...more });
const three = (): [Order, Order, Order] => [order(1, '59000'), order(2, '58000'), order(3, '61000')];

async function editPrice(text: string): Promise<HTMLInputElement> {
  await fireEvent.click(screen.getAllByRole('button', { name: /Change the price/ })[0] as HTMLElement);
  const field = screen.getByRole<HTMLInputElement>('textbox', { name: 'New price' });
  await fireEvent.input(field, { target: { value: text } });
  return field;
}

test('ten thousand orders are a few dozen rows of the page', async () => {
  await shown(Array.from({ length: 10_000 }, (_, at) => order(at + 1, String(50_000 + at))));
  expect(bodyRows().length).toBeLessThan(60);
  expect(screen.getByRole('table').getAttribute('aria-rowcount')).toBe('10001');
});

test('the newest is first; a press on a column sorts by it, as decimals', async () => {
  await shown(three());
  expect(prices().map((each) => each.replace(/\D/g, ''))).toEqual(['61000', '58000', '59000']);
  await fireEvent.click(screen.getByRole('button', { name: /^Price/ }));
  await waitFor(() => expect(prices().map((each) => each.replace(/\D/g, ''))).toEqual(['58000', '59000', '61000']));
  expect(screen.getByRole('columnheader', { name: /^Price/ }).getAttribute('aria-sort')).toBe('ascending');
});

test('a price is changed in its row: Enter sends it once, and the row shows what was asked until the answer', async () => {
  await shown([order(1, '59000')]);
  const field = await editPrice('59000.5');
  await fireEvent.keyDown(field, { key: 'Enter' });
  const asked = desk.last('PATCH', `/api/orders/${named(1)}`);
  expect(asked.body).toEqual({ price: '59000.5' });
  expect(screen.queryByRole('textbox', { name: 'New price' })).toBeNull();
  await screen.findByText('Changing');
  expect(prices()[0]?.replace(/[^\d.]/g, '')).toBe('59000.5');
  asked.answer(200, { command_id: 'c', outcome: 'accepted', orders: [] });
  await waitFor(() => expect(screen.queryByText('Changing')).toBeNull());
  expect(desk.of('PATCH', `/api/orders/${named(1)}`)).toHaveLength(1);
});

test('Escape leaves it, and a price off the tick is not sent', async () => {
  await shown([order(1, '59000')]);
  await fireEvent.keyDown(await editPrice('1'), { key: 'Escape' });
  expect(screen.queryByRole('textbox', { name: 'New price' })).toBeNull();
  const field = await editPrice('59000.3');
  await waitFor(() => expect(screen.getByRole('alert').textContent).toContain('Multiples of 0.5'));
  await fireEvent.keyDown(field, { key: 'Enter' });
  expect(desk.of('PATCH', `/api/orders/${named(1)}`)).toHaveLength(0);
  expect(field.isConnected).toBe(true);
});

test('a change that was refused says why at its row, until it is put away', async () => {
  await shown([order(1, '59000')]);
  await fireEvent.keyDown(await editPrice('59001'), { key: 'Enter' });
  const problem = { type: 'x', title: 'x', status: 422, code: 'price_collar', detail: 'too far from the mark' };
  desk
    .last('PATCH', `/api/orders/${named(1)}`)
    .answer(422, { ...problem, exchange_code: '10001', exchange_message: 'nope' });
  const said = await screen.findByText(/too far from the mark/);
  await fireEvent.click(screen.getByRole('button', { name: /What .* said/ }));
  expect(await screen.findByText('10001 nope')).toBeTruthy();
  await fireEvent.click(screen.getByRole('button', { name: 'Dismiss' }));
  await waitFor(() => expect(said.isConnected).toBe(false));
});

test('cancel is sent once, however often it is pressed', async () => {
  await shown([order(1, '59000')]);
  const cancel = screen.getByRole('button', { name: /^Cancel Buy/ });
  await fireEvent.click(cancel);
  await fireEvent.click(cancel);
  await screen.findByText('Canceling');
  expect(desk.of('DELETE', `/api/orders/${named(1)}`)).toHaveLength(1);
  desk.last('DELETE', `/api/orders/${named(1)}`).answer(200, { command_id: 'c', outcome: 'accepted', orders: [] });
});

test('an order in doubt says what is being done about it', async () => {
  const now = Date.now();
  await shown([order(1, '59000', { status: 'in_doubt', created_ms: now - 3_000, deadline_ms: now + 30_000 })]);
  const [row] = bodyRows();
  expect(row?.textContent).toContain('In doubt');
  expect(row?.textContent).toMatch(/No answer from Bybit to the order of \d\d:\d\d:\d\d\./);
  expect(row?.textContent).toMatch(/in open orders, history and trades; absence is proven after \d\d:\d\d:\d\d\./);
  expect(row?.textContent).toContain('counts against the limits');
});

test('where an exchange cannot prove absence, a person is asked', async () => {
  accounts.list = [{ ...(accounts.list[0] as AccountView), capabilities: { proves_absence: false } } as AccountView];
  await shown([order(1, '59000', { status: 'in_doubt' })]);
  expect(bodyRows()[0]?.textContent).toContain('cannot prove that it does not have it');
});

test('no row moves under the pointer: what ends stays in its place, what comes is added below', async () => {
  await shown(three());
  const body = bodyRows()[0]?.closest('[role=rowgroup]') as HTMLElement;
  await fireEvent.pointerEnter(body, { pointerType: 'mouse' });
  const before = bodyRows().map((row) => row.dataset['row']);
  orders.apply([eventOf({ ...order(2, '58000'), status: 'canceled', version: 9 }), eventOf(order(9, '57000'))]);
  await waitFor(() => expect(bodyRows()).toHaveLength(4));
  expect(
    bodyRows()
      .slice(0, 3)
      .map((row) => row.dataset['row']),
  ).toEqual(before);
  expect(bodyRows()[1]?.textContent).toContain('Canceled');
  await fireEvent.pointerLeave(body, { pointerType: 'mouse' });
  await waitFor(() => expect(prices().map((each) => each.replace(/\D/g, ''))).toEqual(['57000', '61000', '59000']));
});

test('arrows go from row to row, Enter opens the story', async () => {
  await shown(three());
  bodyRows()[0]?.focus();
  await fireEvent.keyDown(bodyRows()[0] as HTMLElement, { key: 'ArrowDown' });
  await waitFor(() => expect(document.activeElement).toBe(bodyRows()[1]));
  await fireEvent.keyDown(bodyRows()[1] as HTMLElement, { key: 'Enter' });
  expect([route.page, route.param]).toEqual(['order', named(2)]);
});

test('the filter and the groups narrow what is shown, and say so', async () => {
  await shown([
    ...three(),
    orderOf(named(4), { status: 'untriggered', trigger_price: '50000', symbol: 'ETH/USDT:USDT' }),
  ]);
  await fireEvent.input(screen.getByRole('searchbox', { name: 'Filter orders' }), { target: { value: 'eth' } });
  await waitFor(() => expect(bodyRows()).toHaveLength(1));
  expect(screen.getByText('1 of 4 shown')).toBeTruthy();
  ordersGrid.text = '';
  await fireEvent.click(screen.getByRole('radio', { name: 'Working' }));
  await waitFor(() => expect(bodyRows()).toHaveLength(3));
});

test('cancel all asks first, then cancels the account, filter or not', async () => {
  await shown(three());
  ordersGrid.text = '61000';
  await fireEvent.click(screen.getByRole('button', { name: 'Cancel all' }));
  const dialog = await screen.findByRole('dialog', { name: 'Cancel 3 orders?' });
  await fireEvent.click(within(dialog).getByRole('button', { name: 'Cancel all' }));
  await waitFor(() => expect(desk.of('DELETE', '/api/orders')).toHaveLength(1));
  expect(desk.last('DELETE', '/api/orders').query.get('account')).toBe('sim');
});

test('an order that was denied stays with its reason until it is put away', async () => {
  await shown([order(1, '59000')]);
  const refusal = { code: 'halted', message: 'trading is halted' } as const;
  orders.apply([eventOf(order(1, '59000', { status: 'denied', version: 5, refusal }))]);
  const list = await screen.findByRole('region', { name: 'Refused lately' });
  expect(list.textContent).toContain('Denied by the desk: trading is halted');
  await fireEvent.click(within(list).getByRole('button', { name: 'Dismiss' }));
  await waitFor(() => expect(screen.queryByRole('region', { name: 'Refused lately' })).toBeNull());
});

test('on the phone a card opens a sheet that changes every term at once', async () => {
  await shown([order(1, '59000', { take_profit: '70000' })], 'cards');
  expect(screen.getByRole('list', { name: 'Living orders' })).toBeTruthy();
  await fireEvent.click(screen.getByRole('button', { name: /^Change Buy/ }));
  const field = (name: string): HTMLElement => screen.getByRole('textbox', { name });
  await fireEvent.input(field('New price'), { target: { value: '59010' } });
  await fireEvent.input(field('Take profit'), { target: { value: '' } });
  await fireEvent.click(screen.getByRole('button', { name: 'Apply' }));
  expect(desk.last('PATCH', `/api/orders/${named(1)}`).body).toEqual({ price: '59010', take_profit: '0' });
});
