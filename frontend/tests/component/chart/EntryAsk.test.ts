import { cleanup, fireEvent, render, screen, waitFor } from '@testing-library/svelte';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import EntryAsk from '../../../src/features/chart/EntryAsk.svelte';
import { PositionRow } from '../../../src/state/positions.svelte';
import { prefs } from '../../../src/state/prefs.svelte';
import { INSTRUMENT, position, SYMBOL } from '../../unit/chart/fixtures';
import { desk, type Sent } from '../market/desk';

let sent: Sent[];

beforeEach(() => {
  sent = desk(({ method }) => ({
    body: method === 'GET' ? [INSTRUMENT] : { command_id: 'c1', outcome: 'accepted', orders: [] },
  }));
  prefs.confirm = { ...prefs.confirm, close: true, reverse: true };
});

afterEach(() => {
  cleanup();
  vi.unstubAllGlobals();
});

function click(detail = 1, timeStamp = performance.now()): MouseEvent {
  return Object.defineProperty(new MouseEvent('click', { detail }), 'timeStamp', { value: timeStamp });
}

function row(markMs: number): PositionRow {
  const made = new PositionRow(position({}));
  made.markMs = markMs;
  return made;
}

describe('closing and reversing on the line', () => {
  it('says what will be done, and does it once it is confirmed', async () => {
    const { component } = render(EntryAsk);
    component.ask(row(Date.now()), 'close', click());
    expect(await screen.findByText('Closes the whole Long of 0.5 BTC at the market, on sim.')).toBeTruthy();
    expect(sent).toEqual([]);
    const [, confirm] = screen.getAllByRole('button', { name: 'Close', hidden: true });
    await fireEvent.click(confirm as HTMLElement);
    await waitFor(() => expect(sent).toHaveLength(1));
    expect(sent[0]).toMatchObject({
      path: '/api/positions/close',
      body: { account: 'sim', symbol: SYMBOL, side: 'long' },
    });
  });

  it('reverses', async () => {
    const { component } = render(EntryAsk);
    component.ask(row(Date.now()), 'reverse', click());
    await fireEvent.click(await screen.findByRole('button', { name: 'Reverse', hidden: true }));
    await waitFor(() => expect(sent.map((each) => each.path)).toEqual(['/api/positions/reverse']));
  });

  it('does nothing when it is let be', async () => {
    const { component } = render(EntryAsk);
    component.ask(row(Date.now()), 'close', click());
    await fireEvent.click(await screen.findByRole('button', { name: 'Cancel', hidden: true }));
    expect(screen.queryByText(/Closes the whole/)).toBe(null);
    expect(sent).toEqual([]);
  });

  it('asks nothing where the user wants no question, but always when the mark is old', async () => {
    prefs.confirm.close = false;
    const { component } = render(EntryAsk);
    component.ask(row(Date.now() - 60_000), 'close', click());
    expect(await screen.findByText('The mark price is old. The market may have moved.')).toBeTruthy();
    expect(sent).toEqual([]);
    cleanup();
    const fresh = render(EntryAsk);
    fresh.component.ask(row(Date.now()), 'close', click());
    await waitFor(() => expect(sent).toHaveLength(1));
  });

  it('of a double click reverses once, though another line with the same buttons stands there by then', async () => {
    prefs.confirm.reverse = false;
    const { component } = render(EntryAsk);
    const now = performance.now();
    for (const [detail, afterMs, commands] of [
      [1, 0, 1],
      [1, 300, 1],
      [2, 1_100, 1],
      [1, 2_000, 2],
    ] as const) {
      component.ask(row(Date.now()), 'reverse', click(detail, now + afterMs));
      await new Promise((answered) => setTimeout(answered, 20));
      expect(sent).toHaveLength(commands);
    }
  });
});
