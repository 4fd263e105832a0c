import { cleanup, fireEvent, render, screen, waitFor, within } from '@testing-library/svelte';
import { afterEach, describe, expect, it, vi } from 'vitest';
import type { Limits } from '../../../src/core/wire';
import LimitsForm from '../../../src/features/limits/LimitsForm.svelte';
import { answering, problem, type Routes, type Sent } from '../settings/answering';

const LIMITS: Limits = {
  price_collar: '0.05',
  mark_max_age_ms: 5_000,
  order_notional: '250000',
  position_notional: '1000000',
  leverage: '25',
  open_orders: 500,
};

afterEach(() => {
  cleanup();
  vi.unstubAllGlobals();
});

function show(
  put: Routes[string] = () => ({ body: { account: 'sim', limits: LIMITS, trading_state: 'active' } }),
): Sent[] {
  const sent = answering({
    'PUT /api/limits': put,
    'GET /api/accounts': () => ({ body: [] }),
    'GET /api/limits': () => ({ body: [] }),
    'GET /api/balances': () => ({ body: [] }),
  });
  render(LimitsForm, { account: 'sim', limits: LIMITS });
  return sent;
}

const field = (name: string): HTMLInputElement => screen.getByRole<HTMLInputElement>('textbox', { name });
const button = (): HTMLButtonElement => screen.getByRole('button', { name: 'Set the limits' });
const puts = (sent: Sent[]): unknown[] => sent.filter(({ method }) => method === 'PUT').map(({ body }) => body);

async function type(name: string, value: string): Promise<void> {
  await fireEvent.input(field(name), { target: { value } });
}

describe('LimitsForm', () => {
  it('shows the collar in percent, and has nothing to send at first', () => {
    show();
    expect(field('Price collar').value).toBe('5');
    expect(button().disabled).toBe(true);
  });

  it('takes the age of a mark in seconds, and not without one', async () => {
    const sent = show();
    expect(field('Age of the mark price').value).toBe('5');
    await type('Age of the mark price', '');
    expect(button().disabled).toBe(true);
    await type('Age of the mark price', '2,5');
    await fireEvent.click(button());
    await waitFor(() => expect(puts(sent)).toEqual([{ account: 'sim', mark_max_age_ms: 2500 }]));
  });

  it('sends what was changed and nothing else, as exact text', async () => {
    const sent = show();
    await type('Price collar', '0,3');
    await type('Living orders', '20');
    await fireEvent.click(button());
    await waitFor(() => expect(puts(sent)).toEqual([{ account: 'sim', price_collar: '0.003', open_orders: 20 }]));
  });

  it.each([
    ['Leverage', '0.5', '1 or more.'],
    ['Living orders', '2.5', 'A whole number.'],
    ['Living orders', '100001', '100,000 at most.'],
    ['Size of one order', '.', 'A number, or empty for no limit.'],
  ])('does not send %s %s', async (name, value, words) => {
    const sent = show();
    await type(name, value);
    expect(screen.getByRole('alert').textContent).toBe(words);
    expect(field(name).getAttribute('aria-invalid')).toBe('true');
    expect(button().disabled).toBe(true);
    await fireEvent.submit(document.querySelector('form') as HTMLFormElement);
    expect(puts(sent)).toEqual([]);
  });

  it('asks before it lifts a limit', async () => {
    const sent = show();
    await type('Size of one order', '');
    await fireEvent.click(button());
    const dialog = screen.getByRole('dialog');
    expect(dialog.textContent).toContain('Size of one order, now 250\u202f000');
    expect(puts(sent)).toEqual([]);
    await fireEvent.click(within(dialog).getByRole('button', { name: 'Lift' }));
    await waitFor(() => expect(puts(sent)).toEqual([{ account: 'sim', order_notional: null }]));
  });

  it("puts the desk's refusal at its field, and keeps what was typed", async () => {
    show(() => problem(400, 'malformed', 'leverage'));
    await type('Leverage', '30');
    await fireEvent.click(button());
    expect((await screen.findByRole('alert')).textContent).toBe('The desk says malformed.');
    expect(field('Leverage').value).toBe('30');
    await type('Leverage', '20');
    expect(screen.queryByRole('alert')).toBeNull();
  });

  it('goes back to what stands', async () => {
    show();
    await type('Leverage', '3');
    await fireEvent.click(screen.getByRole('button', { name: 'Discard' }));
    expect(field('Leverage').value).toBe('25');
    expect(button().disabled).toBe(true);
  });
});
