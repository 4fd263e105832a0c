import { cleanup, fireEvent, render, screen, waitFor, within } from '@testing-library/svelte';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import Notices from '../../../src/features/notices/Notices.svelte';
import { answering, onThePage, problem, type Routes, type Sent } from '../settings/answering';

const SHIPPED = ['fill', 'stop', 'liquidation', 'in_doubt', 'discrepancy', 'stream'];
const URL_TEXT = 'tgram://1234:very-secret/5678';
const phone = { name: 'phone', scheme: 'tgram', kinds: SHIPPED, enabled: true, created_ms: 1 };

let listed: (typeof phone)[];

beforeEach(() => {
  listed = [];
});
afterEach(() => {
  cleanup();
  vi.unstubAllGlobals();
});

function show(routes: Routes = {}): Sent[] {
  const sent = answering({ 'GET /api/notices': () => ({ body: listed }), ...routes });
  render(Notices);
  return sent;
}

const bodies = (sent: Sent[], method: string): unknown[] =>
  sent.filter((each) => each.method === method).map(({ body }) => body);

describe('Notices', () => {
  it('adds a destination, and keeps nothing of its address', async () => {
    const sent = show({
      'POST /api/notices': () => {
        listed = [phone];
        return { status: 201, body: phone };
      },
    });
    await fireEvent.click(await screen.findByRole('button', { name: 'Add a destination' }));
    await fireEvent.submit(document.querySelector('form') as HTMLFormElement);
    expect(screen.getAllByRole('alert')).toHaveLength(2);
    await fireEvent.input(screen.getByLabelText('Name'), { target: { value: 'phone' } });
    expect(screen.getByLabelText<HTMLInputElement>('Address').type).toBe('password');
    await fireEvent.input(screen.getByLabelText('Address'), { target: { value: URL_TEXT } });
    await fireEvent.click(screen.getByRole('switch', { name: /^Fills/ }));
    await fireEvent.submit(document.querySelector('form') as HTMLFormElement);
    expect(await screen.findByRole('heading', { name: 'phone' })).toBeTruthy();
    expect(bodies(sent, 'POST')).toEqual([{ name: 'phone', url: URL_TEXT, kinds: SHIPPED.slice(1) }]);
    expect(onThePage()).not.toContain('very-secret');
  });

  it("puts the desk's refusal of an address at its field", async () => {
    show({ 'POST /api/notices': () => problem(422, 'not_supported', 'url') });
    await fireEvent.click(await screen.findByRole('button', { name: 'Add a destination' }));
    await fireEvent.input(screen.getByLabelText('Name'), { target: { value: 'phone' } });
    await fireEvent.input(screen.getByLabelText('Address'), { target: { value: 'dbus://' + 'x' } });
    await fireEvent.submit(document.querySelector('form') as HTMLFormElement);
    expect((await screen.findByRole('alert')).textContent).toBe('The desk says not_supported.');
    expect(screen.getByLabelText('Address').getAttribute('aria-invalid')).toBe('true');
  });

  it('sends a test, and says what became of it', async () => {
    listed = [phone];
    let delivered = true;
    show({
      'POST /api/notices/phone/test': () => ({ body: { delivered, reason: delivered ? null : 'chat not found' } }),
    });
    await fireEvent.click(await screen.findByRole('button', { name: 'Send a test' }));
    expect(await screen.findByText(/^Delivered/)).toBeTruthy();
    delivered = false;
    await fireEvent.click(screen.getByRole('button', { name: 'Send a test' }));
    expect(await screen.findByText('Not delivered. Chat not found.')).toBeTruthy();
  });

  it('switches one off, and shows what stands where the desk refused', async () => {
    listed = [phone];
    const sent = show({ 'PATCH /api/notices/phone': () => problem(503, 'vault_down') });
    await fireEvent.click(await screen.findByRole('switch', { name: 'On' }));
    expect((await screen.findByRole('alert')).textContent).toContain('The desk says vault_down.');
    expect(bodies(sent, 'PATCH')).toEqual([{ enabled: false }]);
    await waitFor(() => expect(screen.getByRole<HTMLInputElement>('switch', { name: 'On' }).checked).toBe(true));
  });

  it('chooses kinds, one at least', async () => {
    listed = [{ ...phone, kinds: ['fill', 'stop'] }];
    const sent = show({
      'PATCH /api/notices/phone': (body) => {
        listed = [{ ...phone, ...(body as { kinds: string[] }) }];
        return { body: listed[0] };
      },
    });
    await fireEvent.click(await screen.findByRole('button', { name: 'Choose kinds' }));
    const of = (name: RegExp): HTMLInputElement => screen.getByRole<HTMLInputElement>('switch', { name });
    await fireEvent.click(of(/^Fills/));
    await waitFor(() => expect(screen.getByText('Told of: Stops')).toBeTruthy());
    await waitFor(() => expect(of(/^Stops/).disabled).toBe(false));
    await fireEvent.click(of(/^Stops/));
    expect(bodies(sent, 'PATCH')).toEqual([{ kinds: ['stop'] }]);
    await waitFor(() => expect(of(/^Stops/).checked).toBe(true));
  });

  it('removes one after a question', async () => {
    listed = [phone];
    const sent = show({
      'DELETE /api/notices/phone': () => {
        listed = [];
        return { body: phone };
      },
    });
    await fireEvent.click(await screen.findByRole('button', { name: 'Remove' }));
    const dialog = screen.getAllByRole('dialog').find((each) => each.hasAttribute('open')) as HTMLElement;
    expect(bodies(sent, 'DELETE')).toHaveLength(0);
    await fireEvent.click(within(dialog).getByRole('button', { name: 'Remove' }));
    expect(await screen.findByText(/Nothing is told anywhere yet/)).toBeTruthy();
    expect(bodies(sent, 'DELETE')).toHaveLength(1);
  });
});
