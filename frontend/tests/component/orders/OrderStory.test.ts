import { cleanup, fireEvent, render, screen, waitFor } from '@testing-library/svelte';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import type { OrderStory as Story } from '../../../src/core/wire';
import OrderStory from '../../../src/features/orders/OrderStory.svelte';
import { orders } from '../../../src/state/orders.svelte';
import recorded from '../../fixtures/stories/amended_and_canceled.json';
import { DeskDouble, eventOf } from '../state/desk_double';

const STORY = recorded as unknown as Story;
const PATH = `/api/orders/${STORY.order.order_id}`;

let desk: DeskDouble;

beforeEach(() => {
  desk = new DeskDouble();
});

afterEach(() => {
  cleanup();
  vi.unstubAllGlobals();
});

function shown(): void {
  render(OrderStory, { orderId: STORY.order.order_id });
}

test('the story is told in sentences, with the exchange’s own words behind a press', async () => {
  shown();
  await waitFor(() => expect(desk.of('GET', PATH)).toHaveLength(1));
  desk.last('GET', PATH).answer(200, STORY);
  await screen.findByText('You asked to buy 0.01 BTC-PERP at 58 000');
  expect(screen.getByText('amount 0.01 → 0.02 · price 58 000 → 58 500')).toBeTruthy();
  expect(screen.getByText('canceled on request')).toBeTruthy();
  expect(screen.queryByText('CancelByUser')).toBeNull();
  await fireEvent.click(screen.getByRole('button', { name: "The exchange's own words" }));
  expect(await screen.findByText('CancelByUser')).toBeTruthy();
});

test('when the order moves on, its story is read again', async () => {
  const living = { ...STORY.order, status: 'open', version: 4 } as const;
  orders.begin([living]);
  await waitFor(() => expect(orders.get(living.order_id)).toBeDefined());
  shown();
  await waitFor(() => expect(desk.of('GET', PATH)).toHaveLength(1));
  desk.last('GET', PATH).answer(200, { order: living, timeline: STORY.timeline.slice(0, -1) });
  await screen.findByText('Goes on as it happens');
  const before = desk.of('GET', PATH).length;
  orders.apply([eventOf({ ...STORY.order, status: 'partially_filled', filled: '0.01', version: 5 })]);
  await screen.findByText('Partly filled');
  await waitFor(() => expect(desk.of('GET', PATH).length).toBeGreaterThan(before));
});

test('an order that nobody knows is said to be unknown; a desk that does not answer is asked again', async () => {
  shown();
  await waitFor(() => expect(desk.of('GET', PATH)).toHaveLength(1));
  desk.last('GET', PATH).lose();
  await fireEvent.click(await screen.findByRole('button', { name: 'Try again' }));
  await waitFor(() => expect(desk.of('GET', PATH)).toHaveLength(2));
  const problem = { type: 'x', title: 'x', status: 404, code: 'unknown_order', detail: 'there is no order' };
  desk.last('GET', PATH).answer(404, problem);
  await screen.findByText('There is no such order here');
});
