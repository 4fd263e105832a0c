import { fireEvent, render, screen, waitFor } from '@testing-library/svelte';
import { afterEach, expect, it } from 'vitest';
import LeverageSheet from '../../../src/features/ticket/LeverageSheet.svelte';
import { BTC } from '../../unit/ticket/desk';
import { close, commands, open } from './desk';

afterEach(close);

const field = (): HTMLInputElement => screen.getByRole('textbox', { name: 'Leverage', hidden: true });
const set = (): HTMLElement => screen.getByRole('button', { name: /^Set/, hidden: true });

it('sets a leverage within what the exchange takes', async () => {
  const sent = await open({ command: () => ({ body: { command_id: 'c', outcome: 'accepted', orders: [] } }) });
  render(LeverageSheet, { open: true, instrument: BTC, leverage: '10' });
  expect(field().value).toBe('10');
  await fireEvent.input(field(), { target: { value: '101' } });
  expect(screen.getByText('The exchange allows at most 100×.')).toBeTruthy();
  await fireEvent.click(set());
  expect(commands(sent)).toEqual([]);
  await fireEvent.click(screen.getByRole('button', { name: '20×', hidden: true }));
  await fireEvent.click(set());
  await waitFor(() => expect(commands(sent)).toHaveLength(1));
  expect(commands(sent)[0]).toMatchObject({ method: 'PUT', path: '/api/leverage', body: { leverage: '20' } });
});

it('says at the field why it was refused', async () => {
  const problem = {
    type: 'x',
    title: 'x',
    status: 422,
    code: 'leverage_limit',
    detail: 'The limit for leverage is 25.',
  };
  await open({ command: () => ({ status: 422, body: problem }) });
  render(LeverageSheet, { open: true, instrument: BTC, leverage: null });
  await fireEvent.input(field(), { target: { value: '50' } });
  await fireEvent.click(set());
  expect(await screen.findByText('The limit for leverage is 25.')).toBeTruthy();
  expect(field().getAttribute('aria-invalid')).toBe('true');
});
