import { cleanup, fireEvent, render, screen, waitFor } from '@testing-library/svelte';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import AddAccount from '../../../src/features/accounts/AddAccount.svelte';
import { accounts } from '../../../src/state/accounts.svelte';
import { answering, onThePage, problem, type Routes, type Sent } from '../settings/answering';

const KEY = 'key-4711-of-the-exchange';
const SECRET = 'secret-0815-of-the-exchange';
const VIEW = {
  name: 'main',
  exchange: 'bybit',
  environment: 'testnet',
  ready: false,
  followed: false,
  followed_ms: 0,
  capabilities: null,
  trading_state: 'active',
};

let listed: object[];
let added: string[];

beforeEach(async () => {
  added = [];
  listed = [];
  answering({ ...READS });
  await accounts.refresh();
});
afterEach(() => {
  cleanup();
  vi.unstubAllGlobals();
});

const READS: Routes = {
  'GET /api/accounts': () => ({ body: listed }),
  'GET /api/limits': () => ({ body: [] }),
  'GET /api/balances': () => ({ body: [] }),
};

function show(post: Routes[string]): Sent[] {
  const sent = answering({ ...READS, 'POST /api/accounts': post });
  render(AddAccount, { open: true, onadded: (name: string) => added.push(name) });
  return sent;
}

const field = (label: string): HTMLInputElement => screen.getByLabelText<HTMLInputElement>(label);
const form = (): HTMLFormElement => document.querySelector('form') as HTMLFormElement;
const posts = (sent: Sent[]): Sent[] => sent.filter(({ method }) => method === 'POST');

async function fill(name = 'main'): Promise<void> {
  await fireEvent.input(field('Name'), { target: { value: name } });
  await fireEvent.click(screen.getByRole('radio', { name: 'Testnet' }));
  await fireEvent.input(field('API key'), { target: { value: KEY } });
  await fireEvent.input(field('API secret'), { target: { value: ` ${SECRET}\n` } });
}

describe('AddAccount', () => {
  it('sends the secrets once, and nothing of them remains on the page', async () => {
    const sent = show((body) => {
      listed = [VIEW];
      return { status: 201, body: { ...VIEW, ...(body as object), credentials: undefined } };
    });
    await fill();
    expect(onThePage()).toContain(SECRET);
    for (const label of ['API key', 'API secret']) {
      expect(field(label).type).toBe('password');
      expect(field(label).autocomplete).toBe('off');
    }
    await fireEvent.submit(form());
    await fireEvent.submit(form());
    await waitFor(() => expect(added).toEqual(['main']));
    expect(posts(sent).map(({ body }) => body)).toEqual([
      {
        name: 'main',
        exchange: 'bybit',
        environment: 'testnet',
        credentials: { apiKey: KEY, secret: SECRET },
        urls: {},
        options: { order_entry: 'websocket' },
      },
    ]);
    expect(onThePage()).not.toContain(SECRET);
    expect(onThePage()).not.toContain(KEY);
    expect(JSON.stringify({ ...localStorage, ...sessionStorage })).not.toContain(SECRET);
  });

  it('forgets the secrets when it is closed without sending', async () => {
    const { rerender } = render(AddAccount, { open: true, onadded: () => undefined });
    await fill();
    await fireEvent.click(screen.getByRole('button', { name: 'Close' }));
    await rerender({ open: true });
    expect(field('API secret').value).toBe('');
    expect(field('Name').value).toBe('');
    expect(onThePage()).not.toContain(SECRET);
  });

  it('says at each field what is missing, and sends nothing', async () => {
    const sent = show(() => ({ status: 201, body: VIEW }));
    await fireEvent.submit(form());
    expect(screen.getAllByRole('alert')).toHaveLength(4);
    await fireEvent.click(screen.getByRole('radio', { name: 'Simulation' }));
    expect(screen.getAllByRole('alert')).toHaveLength(5);
    await fireEvent.input(field('REST address'), { target: { value: 'ftp://here' } });
    expect(screen.getByText(/An address such as https/)).toBeTruthy();
    expect(posts(sent)).toEqual([]);
  });

  it('keeps what was typed where the desk refuses a field, so that it can be mended', async () => {
    show(() => problem(409, 'key_reused', 'name'));
    await fill('taken');
    await fireEvent.submit(form());
    expect((await screen.findByRole('alert')).textContent).toBe('The desk says key_reused.');
    expect(field('Name').getAttribute('aria-invalid')).toBe('true');
    expect(field('API secret').value).toContain(SECRET);
    expect(added).toEqual([]);
  });

  it('takes an account that is there after a lost answer for added', async () => {
    show(() => {
      listed = [VIEW];
      return 'lost';
    });
    await fill();
    await fireEvent.submit(form());
    await waitFor(() => expect(added).toEqual(['main']));
    expect(onThePage()).not.toContain(SECRET);
  });

  it('says so when the desk cannot be reached, and the account is not there', async () => {
    show(() => 'lost');
    await fill();
    await fireEvent.submit(form());
    expect(await screen.findByText(/cannot be reached/)).toBeTruthy();
    expect(added).toEqual([]);
  });
});
