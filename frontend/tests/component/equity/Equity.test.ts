import { cleanup, fireEvent, render, screen, waitFor, within } from '@testing-library/svelte';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { dayOf, type EquityDay } from '../../../src/core/equity_days';
import type { AccountView } from '../../../src/core/wire';
import Equity from '../../../src/features/equity/Equity.svelte';
import { accounts } from '../../../src/state/accounts.svelte';
import { clock } from '../../../src/state/clock.svelte';
import { DeskDouble } from '../state/desk_double';

let desk: DeskDouble;

beforeEach(() => {
  desk = new DeskDouble();
  const account = { exchange: 'bybit', environment: 'simulation', followed: true } as AccountView;
  accounts.list = [
    { ...account, name: 'sim' },
    { ...account, name: 'second' },
  ];
});

afterEach(() => {
  cleanup();
  accounts.list = [];
  vi.unstubAllGlobals();
});

function day(account: string, back: number, equity: string, net: string): EquityDay {
  const name = dayOf(clock.nowMs - back * 86_400_000);
  return {
    account,
    currency: 'USDT',
    day: name,
    equity,
    realised_gross: net,
    fees: '0',
    realised_net: net,
    fills: 1,
    start_ms: 0,
  };
}

async function shown(days: readonly EquityDay[]): Promise<void> {
  render(Equity);
  await waitFor(() => expect(desk.of('GET', '/api/equity')).toHaveLength(1));
  desk.last('GET', '/api/equity').answer(200, days);
}

test('the accounts’ days are summed; arrow keys and a table tell the figures of each', async () => {
  await shown([day('sim', 0, '100', '-3'), day('second', 0, '50.5', '1'), day('sim', 1, '90', '7')]);
  const days = await screen.findByRole<HTMLInputElement>('slider', { name: /Equity and realised PnL by day/ });
  expect(days.getAttribute('aria-valuetext')).toContain('Equity 150.50, Realised PnL, net −2.00');
  await fireEvent.input(days, { target: { value: '28' } });
  expect(days.getAttribute('aria-valuetext')).toContain('Equity 90.00, Realised PnL, net 7.00');
  const table = document.querySelector('table') as HTMLElement;
  expect(within(table).getAllByRole('row', { hidden: true })).toHaveLength(31);
});

test('a longer range is asked for anew', async () => {
  await shown([]);
  await screen.findByText(/No day is known yet/);
  const before = Number(desk.last('GET', '/api/equity').query.get('since'));
  await fireEvent.click(screen.getByRole('radio', { name: '90 days' }));
  await waitFor(() => expect(desk.of('GET', '/api/equity')).toHaveLength(2));
  expect(before - Number(desk.last('GET', '/api/equity').query.get('since'))).toBe(60 * 86_400_000);
});

test('an account whose balance is not known says so', async () => {
  await shown([]);
  expect(screen.getAllByText('No balance is known yet')).toHaveLength(2);
});
