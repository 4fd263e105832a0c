import { cleanup, fireEvent, render, screen, waitFor, within } from '@testing-library/svelte';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import Devices from '../../../src/features/devices/Devices.svelte';
import { clock } from '../../../src/state/clock.svelte';
import { answering, onThePage, problem, type Routes, type Sent } from '../settings/answering';

const NOW = Date.now();
const here = {
  device_id: 'd1',
  name: 'Desktop',
  user_agent: 'Firefox/140 Linux',
  created_ms: NOW,
  last_used_ms: NOW,
  expires_ms: NOW + 1e9,
  this: true,
};
const phone = { ...here, device_id: 'd2', name: 'Phone', this: false, last_used_ms: NOW - 3.5 * 86_400_000 };

let devices: (typeof here)[];
let tokens: object[];

beforeEach(() => {
  clock.nowMs = NOW;
  devices = [here, phone];
  tokens = [];
});
afterEach(() => {
  cleanup();
  vi.unstubAllGlobals();
});

function show(routes: Routes = {}): Sent[] {
  const sent = answering({
    'GET /api/devices': () => ({ body: devices }),
    'GET /api/tokens': () => ({ body: tokens }),
    ...routes,
  });
  render(Devices);
  return sent;
}

const commands = (sent: Sent[]): string[] =>
  sent.filter(({ method }) => method !== 'GET').map(({ method, path }) => `${method} ${path}`);
const open = (): HTMLElement =>
  screen.getAllByRole('dialog').find((dialog) => dialog.hasAttribute('open')) as HTMLElement;

/** Once what stands on the page is known. */
async function press(name: string): Promise<void> {
  const button = await screen.findByRole<HTMLButtonElement>('button', { name });
  await waitFor(() => expect(button.disabled).toBe(false));
  await fireEvent.click(button);
}

describe('Devices', () => {
  it('lists every browser with its last use, and marks this one', async () => {
    show();
    const rows = within(await screen.findByRole('list', { name: 'Signed-in browsers' })).getAllByRole('listitem');
    expect(rows[0]?.textContent).toMatch(/Desktop\s+This one.*used within the hour/);
    expect(rows[1]?.textContent).toMatch(/Phone.*used 3 days ago/);
  });

  it('signs another browser out after a question', async () => {
    const sent = show({
      'DELETE /api/devices/d2': () => {
        devices = [here];
        return { body: phone };
      },
    });
    await fireEvent.click(await screen.findByRole('button', { name: 'Sign Phone out' }));
    expect(open().textContent).toContain('Sign Phone out?');
    expect(commands(sent)).toEqual([]);
    await fireEvent.click(within(open()).getByRole('button', { name: 'Sign out' }));
    await waitFor(() => expect(screen.queryByText('Phone')).toBeNull());
    expect(commands(sent)).toEqual(['DELETE /api/devices/d2']);
    expect(screen.queryByRole('button', { name: 'Sign out all others' })).toBeNull();
  });

  it('does nothing when the question is answered with no', async () => {
    const sent = show();
    await fireEvent.click(await screen.findByRole('button', { name: 'Sign out all others' }));
    expect(open().textContent).toContain('1 browser loses the desk');
    await fireEvent.click(within(open()).getByRole('button', { name: 'Cancel' }));
    expect(commands(sent)).toEqual([]);
  });

  it('takes one that was gone already for signed out, and says what else went wrong', async () => {
    let answer = problem(404, 'unknown_device', 'device_id');
    show({ 'DELETE /api/devices/d2': () => answer });
    for (const [said, words] of [
      [answer, null],
      [problem(503, 'vault_down'), 'The desk says vault_down.'],
    ] as const) {
      answer = said;
      await fireEvent.click(await screen.findByRole('button', { name: 'Sign Phone out' }));
      await fireEvent.click(within(open()).getByRole('button', { name: 'Sign out' }));
      await waitFor(() => expect(screen.queryByRole('alert')?.textContent.trim() ?? null).toBe(words));
    }
  });

  it('renames one', async () => {
    const sent = show({
      'PATCH /api/devices/d2': (body) => {
        devices = [here, { ...phone, ...(body as { name: string }) }];
        return { body: devices[1] };
      },
    });
    await fireEvent.click(await screen.findByRole('button', { name: 'Rename Phone' }));
    await fireEvent.input(screen.getByRole('textbox', { name: 'Name' }), { target: { value: ' Pixel ' } });
    await fireEvent.submit(document.querySelector('form') as HTMLFormElement);
    expect(await screen.findByRole('button', { name: 'Rename Pixel' })).toBeTruthy();
    expect(sent.find(({ method }) => method === 'PATCH')?.body).toEqual({ name: 'Pixel' });
  });

  it('shows a QR code without taking its markup, the short code, and how long they hold', async () => {
    const qr = '<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>';
    const url = 'http://localhost:8040/#pair=the-secret';
    show({ 'POST /api/pairings': () => ({ body: { code: 'K7QM-3XPD', url, expires_ms: NOW + 600_000, qr } }) });
    await press('Add a device');
    await waitFor(() => expect(screen.queryByRole('img')).toBeTruthy());
    expect(screen.getByText('K7QM-3XPD')).toBeTruthy();
    expect(screen.getByRole<HTMLImageElement>('img').src).toBe(`data:image/svg+xml,${encodeURIComponent(qr)}`);
    expect(document.querySelector('script')).toBeNull();
    expect(screen.getByRole('timer').textContent).toContain('Good once, for 10:00');
    expect(open().textContent).toContain('from this machine alone');
    await fireEvent.click(screen.getByRole('button', { name: 'Close' }));
    expect(onThePage()).not.toContain('K7QM-3XPD');
  });

  it('makes a new code where the old one is over', async () => {
    let made = 0;
    show({
      'POST /api/pairings': () => {
        made += 1;
        const expires_ms = made === 1 ? NOW - 1 : NOW + 600_000;
        return { body: { code: `CODE-000${made}`, url: 'https://desk/#pair=s', expires_ms, qr: '<svg/>' } };
      },
    });
    await press('Add a device');
    await fireEvent.click(await screen.findByRole('button', { name: 'New code' }));
    expect(await screen.findByText('CODE-0002')).toBeTruthy();
    expect(made).toBe(2);
  });

  it('shows the text of a token once', async () => {
    const token = { name: 'bot', scope: 'read', created_ms: NOW, revoked_ms: null };
    const sent = show({
      'POST /api/tokens': () => {
        tokens = [token];
        return { status: 201, body: { ...token, token: 'text-of-the-token' } };
      },
    });
    await press('Make a token');
    await fireEvent.input(screen.getByRole('textbox', { name: 'Name' }), { target: { value: 'Bot' } });
    await fireEvent.submit(document.querySelector('form') as HTMLFormElement);
    expect(await screen.findByText('text-of-the-token')).toBeTruthy();
    expect(sent.find(({ method }) => method === 'POST')?.body).toEqual({ name: 'bot', scope: 'read' });
    await fireEvent.click(screen.getByRole('button', { name: 'I have it' }));
    expect(onThePage()).not.toContain('text-of-the-token');
    expect(await screen.findByRole('button', { name: 'Revoke bot' })).toBeTruthy();
  });

  it('says so when the desk cannot be reached, and asks again', async () => {
    let away = true;
    show({ 'GET /api/devices': () => (away ? 'lost' : { body: devices }) });
    expect((await screen.findByRole('alert')).textContent).toMatch(/cannot be reached/);
    away = false;
    await fireEvent.click(screen.getByRole('button', { name: 'Try again' }));
    expect(await screen.findByText('Phone')).toBeTruthy();
  });
});
