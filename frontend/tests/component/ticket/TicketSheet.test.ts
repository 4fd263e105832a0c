import { fireEvent, render, screen, waitFor } from '@testing-library/svelte';
import { afterEach, expect, it, vi } from 'vitest';
import TicketSheet from '../../../src/features/ticket/TicketSheet.svelte';
import { ticket } from '../../../src/state/ticket.svelte';
import { close, commands, open, tick } from './desk';

afterEach(close);

function byFinger(): void {
  vi.stubGlobal('matchMedia', (query: string) => ({
    matches: query === '(pointer: coarse)',
    addEventListener: vi.fn(),
  }));
}

it('opens on the side that was pressed; a market order is held, not tapped', async () => {
  const sent = await open();
  byFinger();
  render(TicketSheet);
  await fireEvent.click(screen.getByRole('button', { name: 'Sell / Short' }));
  expect(ticket).toMatchObject({ open: true, side: 'sell' });
  await tick();
  await fireEvent.click(screen.getByRole('radio', { name: 'Market', hidden: true }));
  await fireEvent.input(screen.getByRole('textbox', { name: 'Size', hidden: true }), { target: { value: '0.1' } });
  const hold = await screen.findByRole('button', { name: /^Sell 0.100 BTC at market/, hidden: true });
  await fireEvent.pointerDown(hold, { button: 0, pointerType: 'touch' });
  await fireEvent.pointerUp(hold, { button: 0, pointerType: 'touch' });
  await fireEvent.click(hold, { detail: 1 });
  expect(commands(sent)).toEqual([]);
  await fireEvent.pointerDown(hold, { button: 0, pointerType: 'touch' });
  await waitFor(() => expect(commands(sent)).toHaveLength(1), { timeout: 2_000 });
  expect(commands(sent)[0]?.body).toMatchObject({ side: 'sell', type: 'market', amount: '0.1' });
});

it('the keyboard’s "done" of a phone sends nothing', async () => {
  const sent = await open();
  byFinger();
  render(TicketSheet);
  ticket.show('buy');
  await tick();
  const size = await screen.findByRole('textbox', { name: 'Size', hidden: true });
  await fireEvent.input(size, { target: { value: '0.1' } });
  await fireEvent.keyDown(size, { key: 'Enter' });
  expect(commands(sent)).toEqual([]);
});
