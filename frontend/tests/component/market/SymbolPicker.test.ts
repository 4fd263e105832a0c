import { cleanup, fireEvent, render, screen, waitFor } from '@testing-library/svelte';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import SymbolPicker from '../../../src/features/market/SymbolPicker.svelte';
import { prefs } from '../../../src/state/prefs.svelte';
import { select, selection } from '../../../src/state/route.svelte';
import { desk, instrument, SYMBOL } from './desk';

const SYMBOLS = ['ADA/USDT:USDT', SYMBOL, 'ETH/USDT:USDT', 'ETHFI/USDT:USDT', 'ETH/USDT:USDT-261225'];

beforeEach(() => {
  desk(() => ({ body: SYMBOLS.map((symbol) => instrument(symbol)) }));
  prefs.favourites = [];
  select('sim', SYMBOL);
});

afterEach(() => {
  cleanup();
  vi.unstubAllGlobals();
});

const listed = (): (string | null)[] =>
  screen.queryAllByRole('listitem').map((row) => row.querySelector('button[title]')?.getAttribute('title') ?? null);

async function opened(): Promise<HTMLElement> {
  render(SymbolPicker, { open: true });
  await waitFor(() => expect(listed()).toEqual(SYMBOLS));
  return screen.getByRole('searchbox', { name: 'Search markets' });
}

describe('the symbol picker', () => {
  it('finds by what is typed, the coin itself first, and takes the first by Enter', async () => {
    const field = await opened();
    await fireEvent.input(field, { target: { value: 'eth' } });
    expect(listed()).toEqual(['ETH/USDT:USDT', 'ETH/USDT:USDT-261225', 'ETHFI/USDT:USDT']);
    expect(screen.getByText('ETH-25DEC26')).toBeTruthy();
    await fireEvent.keyDown(field, { key: 'Enter' });
    expect([selection.account, selection.symbol]).toEqual(['sim', 'ETH/USDT:USDT']);
  });

  it('lists favourites first, and says so when nothing is found', async () => {
    const field = await opened();
    await fireEvent.click(screen.getByRole('button', { name: 'Favourite: ETH-25DEC26' }));
    expect(listed()[0]).toBe('ETH/USDT:USDT-261225');
    expect(prefs.favourites).toEqual(['ETH/USDT:USDT-261225']);
    await fireEvent.input(field, { target: { value: 'nothing' } });
    expect(screen.getByText('No market has such a name.')).toBeTruthy();
  });
});
