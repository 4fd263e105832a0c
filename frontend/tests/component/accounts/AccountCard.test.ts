import { cleanup, fireEvent, render, screen } from '@testing-library/svelte';
import { afterEach, describe, expect, it, vi } from 'vitest';
import AccountCard from '../../../src/features/accounts/AccountCard.svelte';
import type { AccountView } from '../../../src/core/wire';
import { answering } from '../settings/answering';

const READY = {
  name: 'sim',
  exchange: 'bybit',
  environment: 'simulation',
  ready: true,
  followed: true,
  trading_state: 'active',
} as AccountView;

afterEach(() => {
  cleanup();
  vi.unstubAllGlobals();
});

describe('AccountCard', () => {
  it.each([
    [{ ready: true, followed: true }, /^Ready, and followed/],
    [{ ready: true, followed: false }, /may be old/],
    [{ ready: false, fault: null }, /^Connecting/],
    [{ ready: false, fault: 'the exchange refused the key' }, /^Not ready\. The exchange refused the key\.$/],
  ])('says how it stands: %o', (how, words) => {
    render(AccountCard, { account: { ...READY, ...how } });
    expect(
      screen.getByText((_, element) => element?.tagName === 'P' && words.test(element.textContent.trim())),
    ).toBeTruthy();
  });

  it('shows what a check finds, and what to do about it', async () => {
    const findings = [
      { subject: 'credentials', well: true, message: 'accepted' },
      { subject: 'position mode', well: false, message: 'hedge mode; the desk trades one-way' },
    ];
    answering({ 'POST /api/accounts/sim/check': () => ({ body: { name: 'sim', well: false, findings } }) });
    render(AccountCard, { account: READY });
    await fireEvent.click(screen.getByRole('button', { name: 'Check' }));
    expect(await screen.findByText('Something needs you.')).toBeTruthy();
    const lines = screen.getAllByRole('listitem').map((line) => line.textContent.replace(/\s+/g, ' ').trim());
    expect(lines[0]).toBe('Well: Keys. Accepted.');
    expect(lines[1]).toMatch(
      /^Not well: Position mode\. Hedge mode; the desk trades one-way\. Set the account to one-way/,
    );
  });

  it('says so when it cannot be checked', async () => {
    answering({ 'POST /api/accounts/sim/check': () => 'lost' });
    render(AccountCard, { account: READY });
    await fireEvent.click(screen.getByRole('button', { name: 'Check' }));
    expect((await screen.findByRole('alert')).textContent).toMatch(/could not be checked.*cannot be reached/);
  });
});
