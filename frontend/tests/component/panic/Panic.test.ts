import { fireEvent, render, screen, waitFor } from '@testing-library/svelte';
import { afterEach, beforeEach, expect, it } from 'vitest';
import Panic from '../../../src/features/panic/Panic.svelte';
import { runs } from '../../../src/features/panic/runs.svelte';
import { instruments } from '../../../src/state/instruments.svelte';
import { orders } from '../../../src/state/orders.svelte';
import { positions } from '../../../src/state/positions.svelte';
import { orderOf } from '../state/desk_double';
import { close, commands, held, open, SYMBOL, tick, type Answers } from '../ticket/desk';

beforeEach(() => {
  runs.clear();
});
afterEach(() => {
  positions.begin([]);
  orders.begin([]);
  close();
});

const DONE: Answers = { command: () => ({ body: { command_id: 'c', outcome: 'accepted', orders: [], note: 'flat' } }) };

async function show(answers: Answers = DONE): Promise<ReturnType<typeof commands>> {
  const sent = await open(answers);
  positions.begin([held()]);
  orders.begin([orderOf('a', {}), orderOf('b', { symbol: 'ETH/USDT:USDT' })]);
  await waitFor(() => expect(instruments.get('sim', SYMBOL)).toBeDefined());
  render(Panic);
  await tick();
  await waitFor(() => expect(positions.rows[0]?.figures.notional).toBe('30000'));
  await waitFor(() => expect(orders.rows).toHaveLength(2));
  return sent;
}

async function hold(name: RegExp): Promise<void> {
  const button = screen.getByRole('button', { name });
  await fireEvent.pointerDown(button, { button: 0, pointerType: 'touch' });
}

it('counts what it is for, by its scope', async () => {
  await show();
  expect(screen.getByText('2 orders, 1 position, 1 account, ~30 000 USDT', { exact: false })).toBeTruthy();
  await fireEvent.click(screen.getByRole('radio', { name: 'This symbol' }));
  expect(screen.getByText('1 order, 1 position, 1 account, ~30 000 USDT', { exact: false })).toBeTruthy();
});

it('flattens when held, not when tapped, and tells how far it is', async () => {
  const sent = await show();
  const button = screen.getByRole('button', { name: /^FLATTEN 1 position/ });
  await hold(/^FLATTEN/);
  await fireEvent.pointerUp(button);
  expect(commands(sent)).toEqual([]);
  await hold(/^FLATTEN/);
  await waitFor(() => expect(commands(sent)).toHaveLength(1), { timeout: 2_000 });
  expect(commands(sent)[0]).toMatchObject({ path: '/api/flatten', body: { account: 'sim' } });
  expect(await screen.findByText('Not all of it yet')).toBeTruthy();
  expect(screen.getByText('2 orders left')).toBeTruthy();
  positions.begin([]);
  orders.begin([]);
  expect(await screen.findByText(/Flat$/)).toBeTruthy();
  expect(await screen.findByText('Done')).toBeTruthy();
});

it('cancels within its scope, and says why where it is refused', async () => {
  const problem = {
    type: 'x',
    title: 'x',
    status: 503,
    code: 'account_not_ready',
    detail: 'The account is not ready.',
  };
  const sent = await show({ command: () => ({ status: 503, body: problem }) });
  await fireEvent.click(screen.getByRole('radio', { name: 'This symbol' }));
  await hold(/^Cancel 1 order/);
  await waitFor(() => expect(commands(sent)).toHaveLength(1), { timeout: 2_000 });
  const asked = new URL(commands(sent)[0]?.path ?? '', 'http://desk');
  expect([asked.pathname, asked.searchParams.get('account'), asked.searchParams.get('symbol')]).toEqual([
    '/api/orders',
    'sim',
    SYMBOL,
  ]);
  expect(await screen.findByText('The account is not ready.')).toBeTruthy();
});

it('halts at once', async () => {
  const sent = await show();
  const radio = (name: string): HTMLInputElement => screen.getByRole<HTMLInputElement>('radio', { name });
  await fireEvent.click(radio('Halt'));
  await waitFor(() => expect(commands(sent)).toHaveLength(1));
  expect(commands(sent)[0]).toMatchObject({ path: '/api/trading-state', body: { account: 'sim', state: 'halted' } });
  expect(radio('Reduce only').disabled).toBe(true); // one after the other
  await waitFor(() => expect(radio('Reduce only').disabled).toBe(false));
  // the desk of this test goes on saying "active"; what it says is shown
  await waitFor(() => expect(radio('Active').checked).toBe(true));
});

it('asks before it trades again', async () => {
  const sent = await show({ ...DONE, state: 'halted' });
  await waitFor(() => expect(screen.getByRole<HTMLInputElement>('radio', { name: 'Halt' }).checked).toBe(true));
  await fireEvent.click(screen.getByRole('radio', { name: 'Active' }));
  expect(commands(sent)).toEqual([]);
  await fireEvent.click(screen.getByRole('button', { name: 'Set to active', hidden: true }));
  await waitFor(() => expect(commands(sent)[0]?.body).toEqual({ account: 'sim', state: 'active' }));
});
