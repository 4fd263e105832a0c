import { cleanup, fireEvent, render, screen, waitFor } from '@testing-library/svelte';
import { afterEach, describe, expect, it, vi } from 'vitest';
import RemoveAccount from '../../../src/features/accounts/RemoveAccount.svelte';
import type { AccountView } from '../../../src/core/wire';
import { orders } from '../../../src/state/orders.svelte';
import { answering, problem, type Sent } from '../settings/answering';
import { orderOf } from '../state/desk_double';

const ACCOUNT = { name: 'sim', exchange: 'bybit', environment: 'simulation' } as AccountView;

afterEach(() => {
  cleanup();
  orders.begin([]);
  vi.unstubAllGlobals();
});

function show(listed: object[] = []): Sent[] {
  const sent = answering({
    'DELETE /api/accounts/sim': () => (listed.length === 0 ? { status: 204 } : problem(503, 'vault_down')),
    'GET /api/accounts': () => ({ body: listed }),
    'GET /api/limits': () => ({ body: [] }),
    'GET /api/balances': () => ({ body: [] }),
  });
  render(RemoveAccount, { open: true, account: ACCOUNT });
  return sent;
}

const button = (): HTMLButtonElement => screen.getByRole('button', { name: 'Remove the account' });
const deleted = (sent: Sent[]): string[] => sent.filter(({ method }) => method === 'DELETE').map(({ path }) => path);

describe('RemoveAccount', () => {
  it('wants the name typed where something is open', async () => {
    orders.begin([orderOf('a', { account: 'sim' }), orderOf('b', { account: 'other' })]);
    await waitFor(() => expect(orders.rows).toHaveLength(2));
    const sent = show();
    expect(screen.getByRole('status').textContent).toContain('1 living order');
    expect(button().disabled).toBe(true);
    const field = screen.getByRole('textbox', { name: 'Type sim to go on' });
    await fireEvent.input(field, { target: { value: 'si' } });
    expect(button().disabled).toBe(true);
    await fireEvent.submit(document.querySelector('form') as HTMLFormElement);
    expect(deleted(sent)).toEqual([]);
    await fireEvent.input(field, { target: { value: 'sim' } });
    await fireEvent.click(button());
    await waitFor(() => expect(screen.queryByRole('dialog')?.hasAttribute('open') ?? false).toBe(false));
    expect(deleted(sent)).toEqual(['/api/accounts/sim']);
  });

  it('asks once where nothing is open, and says why it did not come about', async () => {
    await waitFor(() => expect(orders.rows).toHaveLength(0));
    show([ACCOUNT]);
    expect(screen.queryByRole('textbox')).toBeNull();
    await fireEvent.click(button());
    expect((await screen.findByRole('alert')).textContent).toBe('The desk says vault_down.');
  });
});
