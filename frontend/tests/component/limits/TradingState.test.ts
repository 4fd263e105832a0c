import { cleanup, fireEvent, render, screen, waitFor, within } from '@testing-library/svelte';
import { afterEach, describe, expect, it, vi } from 'vitest';
import TradingState from '../../../src/features/limits/TradingState.svelte';
import { answering, problem, type Routes, type Sent } from '../settings/answering';

afterEach(() => {
  cleanup();
  vi.unstubAllGlobals();
});

function show(stands: 'active' | 'halted', put: Routes[string]): Sent[] {
  const sent = answering({
    'PUT /api/trading-state': put,
    'GET /api/accounts': () => ({ body: [] }),
    'GET /api/limits': () => ({ body: [] }),
    'GET /api/balances': () => ({ body: [] }),
  });
  render(TradingState, { account: 'sim', state: stands });
  return sent;
}

const DONE = { body: { account: 'sim', limits: {}, trading_state: 'halted' } };
const radio = (name: RegExp): HTMLInputElement => screen.getByRole<HTMLInputElement>('radio', { name });
const puts = (sent: Sent[]): unknown[] => sent.filter(({ method }) => method === 'PUT').map(({ body }) => body);

describe('TradingState', () => {
  it('halts at one press', async () => {
    const sent = show('active', () => DONE);
    await fireEvent.click(radio(/^Halted/));
    await waitFor(() => expect(puts(sent)).toEqual([{ account: 'sim', state: 'halted' }]));
  });

  it('asks before it trades again', async () => {
    const sent = show('halted', () => DONE);
    await fireEvent.click(radio(/^Active/));
    expect(radio(/^Halted/).checked).toBe(true);
    expect(puts(sent)).toEqual([]);
    await fireEvent.click(within(screen.getByRole('dialog')).getByRole('button', { name: 'Set to active' }));
    await waitFor(() => expect(puts(sent)).toEqual([{ account: 'sim', state: 'active' }]));
  });

  it('shows what stands where the desk refused', async () => {
    show('active', () => problem(403, 'read_only'));
    await fireEvent.click(radio(/^Halted/));
    expect((await screen.findByRole('alert')).textContent).toContain('change nothing');
    expect(radio(/^Active/).checked).toBe(true);
  });
});
