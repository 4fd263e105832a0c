import { cleanup, fireEvent, render, screen, waitFor } from '@testing-library/svelte';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import type { Fill } from '../../../src/core/wire';
import { NO_FILTER } from '../../../src/core/history_filter';
import Fills from '../../../src/features/fills/Fills.svelte';
import ClosedOrders from '../../../src/features/orders/ClosedOrders.svelte';
import { historyFilters } from '../../../src/state/grid.svelte';
import { orders } from '../../../src/state/orders.svelte';
import { DeskDouble, eventOf, orderOf } from '../state/desk_double';

let desk: DeskDouble;

beforeEach(() => {
  desk = new DeskDouble();
  historyFilters.fills = NO_FILTER;
  historyFilters.closed = NO_FILTER;
});

afterEach(() => {
  cleanup();
  vi.unstubAllGlobals();
});

function fill(n: number, more: Partial<Fill> = {}): Fill {
  return {
    account: 'sim',
    amount: '0.5',
    exchange_order_id: 'x',
    fee: '0.33',
    fee_currency: 'USDT',
    fill_id: `f${n}`,
    order_id: `o${n}`,
    price: String(60_000 + n),
    realised_pnl: '0',
    sequence: n,
    side: 'buy',
    symbol: 'BTC/USDT:USDT',
    time_ms: 1_000_000 + n,
    trade_id: `t${n}`,
    ...more,
  };
}

const asked = (): URLSearchParams[] => desk.of('GET', '/api/fills').map(({ query }) => query);
const ids = (): (string | undefined)[] =>
  [...document.querySelectorAll<HTMLElement>('[data-row]')].map((row) => row.dataset['row']);

async function firstPage(fills: readonly Fill[], next: string | null): Promise<void> {
  render(Fills);
  await waitFor(() => expect(asked()).toHaveLength(1));
  desk.last('GET', '/api/fills').answer(200, { fills, next });
  await waitFor(() => expect(ids()).toEqual(fills.map(({ fill_id: id }) => id)));
}

test('fills are read page by page as the end comes near', async () => {
  await firstPage([fill(3, { realised_pnl: '-12.345' }), fill(2)], 'PAGE2');
  expect(screen.getByText('−12.35')).toBeTruthy();
  await waitFor(() => expect(asked().at(-1)?.get('page')).toBe('PAGE2'));
  desk.last('GET', '/api/fills').answer(200, { fills: [fill(2), fill(1)], next: null });
  await waitFor(() => expect(ids()).toEqual(['f3', 'f2', 'f1']));
});

test('a new fill comes in on top without losing the rest', async () => {
  await firstPage([fill(1)], null);
  const before = asked().length;
  orders.begin([orderOf('moved', { status: 'open', last_fill: 0 })]);
  orders.apply([eventOf(orderOf('moved', { status: 'partially_filled', filled: '0.5', last_fill: 2, version: 2 }))]);
  await waitFor(() => expect(asked().length).toBeGreaterThan(before), { timeout: 2_000 });
  desk.last('GET', '/api/fills').answer(200, { fills: [fill(2), fill(1)], next: null });
  await waitFor(() => expect(ids()).toEqual(['f2', 'f1']));
});

test('what is looked for is asked of the desk, and of the file alike', async () => {
  await firstPage([fill(1)], null);
  await fireEvent.input(screen.getByRole('searchbox', { name: 'Search fills' }), { target: { value: 'btc' } });
  await waitFor(() => expect(asked().at(-1)?.get('search')).toBe('btc'));
  expect(screen.getByRole('link', { name: 'Export CSV' }).getAttribute('href')).toBe('/api/fills.csv?search=btc');
  desk.last('GET', '/api/fills').answer(200, { fills: [], next: null });
  await screen.findByText('No fill matches these filters');
});

test('where the desk does not answer, that is said, and it can be tried again', async () => {
  render(Fills);
  await waitFor(() => expect(asked()).toHaveLength(1));
  desk.last('GET', '/api/fills').lose();
  const again = await screen.findByRole('button', { name: 'Try again' });
  const before = asked().length;
  await fireEvent.click(again);
  await waitFor(() => expect(asked().length).toBeGreaterThan(before));
  desk.last('GET', '/api/fills').answer(200, { fills: [fill(1)], next: null });
  await waitFor(() => expect(ids()).toEqual(['f1']));
});

test('closed orders are those that have ended, with the reason in words', async () => {
  render(ClosedOrders);
  await waitFor(() => expect(desk.of('GET', '/api/orders')).toHaveLength(1));
  expect(desk.last('GET', '/api/orders').query.getAll('status')).toContain('canceled');
  expect(desk.last('GET', '/api/orders').query.getAll('status')).not.toContain('open');
  const order = orderOf('ended', { status: 'canceled', reason: 'EC_PostOnlyWillTakeLiquidity' });
  desk.last('GET', '/api/orders').answer(200, { orders: [order], next: null, cursor: 'c' });
  await waitFor(() => expect(ids()).toEqual(['ended']));
  expect(screen.getByTitle('post-only, and it would have traded at once').textContent).toContain('Canceled');
});
