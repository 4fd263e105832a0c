import { cleanup, fireEvent, render, screen, waitFor } from '@testing-library/svelte';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { Level } from '../../../src/core/wire';
import Book from '../../../src/features/book/Book.svelte';
import { order } from '../../unit/chart/fixtures';
import { orders } from '../../../src/state/orders.svelte';
import { marketFeed } from '../../../src/state/market.svelte';
import { select } from '../../../src/state/route.svelte';
import { ticket } from '../../../src/state/ticket.svelte';
import { desk, instrument, Socket, SYMBOL } from '../market/desk';

beforeEach(() => {
  desk(() => ({ body: [instrument(SYMBOL)] }));
  select('sim', SYMBOL);
  marketFeed.line.start();
});

afterEach(() => {
  cleanup();
  marketFeed.line.stop();
  vi.unstubAllGlobals();
});

let moment = 0;
function say(asks: Level[], bids: Level[]): void {
  moment += 1;
  Socket.say({ channel: 'order_book', item: { kind: 'order_book', symbol: SYMBOL, time_ms: moment, asks, bids } });
}

function rows(): string[] {
  return screen.queryAllByRole('button', { name: /take this price/ }).map((row) =>
    (row.textContent ?? '')
      .trim()
      .split(/\s{2,}|\n/)
      .join(' ')
      .replace(/\s+/g, ' '),
  );
}

const prices = (): (string | undefined)[] =>
  screen.queryAllByRole('button', { name: /take this price/ }).map((row) => row.dataset['price']);

/** What holds still. */
const held = (): HTMLElement => document.querySelector<HTMLElement>('[data-held]') as HTMLElement;

async function shown(): Promise<void> {
  render(Book, { rows: 3 });
  await waitFor(() => {
    say(
      [
        ['1000.5', '1'],
        ['1001', '2'],
      ],
      [
        ['1000', '3'],
        ['999.5', '4'],
      ],
    );
    expect(prices()).toEqual(['1001.0', '1000.5', '1000.0', '999.5']);
  });
}

describe('the order book', () => {
  it('shows the best prices around the spread, with what stands there and up to there', async () => {
    await shown();
    expect(rows()[0]).toContain('2.000');
    expect(rows()[0]).toContain('3.000');
    expect(screen.getByText('spread 0.5')).toBeTruthy();
  });

  it('gives the ticket the price that is clicked', async () => {
    await shown();
    await fireEvent.click(screen.getByRole('button', { name: /^Bid 999\.5, 4\.000 BTC/ }));
    expect(ticket.price).toBe('999.5');
  });

  it('holds every price on its row while a pointer is over it, and then moves on', async () => {
    await shown();
    const ladder = held();
    await fireEvent.pointerEnter(ladder, { pointerType: 'mouse' });
    await waitFor(() => {
      say(
        [
          ['1001', '9'],
          ['1002', '1'],
        ],
        [
          ['1000.5', '5'],
          ['1000', '6'],
        ],
      );
      expect(screen.getByRole('button', { name: /^Ask 1.?001\.0, 9\.000/ })).toBeTruthy();
    });
    expect(prices()).toEqual(['1001.0', '1000.5', '1000.0', '999.5']);
    expect(rows()[1]).toContain('–'); // nothing is left there
    expect(screen.getByText('held still')).toBeTruthy();
    await fireEvent.pointerLeave(ladder, { pointerType: 'mouse' });
    await waitFor(() => expect(prices()).toEqual(['1002.0', '1001.0', '1000.5', '1000.0']));
  });

  it('holds still from the press of a finger to its release', async () => {
    await shown();
    const ladder = held();
    await fireEvent.pointerDown(ladder, { pointerType: 'touch' });
    await waitFor(() => expect(screen.getByText('held still')).toBeTruthy());
    await fireEvent.pointerUp(window, { pointerType: 'touch' });
    await waitFor(() => expect(screen.queryByText('held still')).toBe(null));
  });

  it('groups prices by the chosen step', async () => {
    await shown();
    await fireEvent.change(screen.getByRole('combobox', { name: 'Group prices by' }), { target: { value: '5' } });
    await waitFor(() => expect(prices()).toEqual(['1005.0', '1000.0', '995.0']));
    expect(rows()[0]).toContain('3.000');
  });

  it('marks where our own orders stand', async () => {
    orders.begin([order({ price: '999.5', remaining: '0.2' })]);
    await shown();
    await waitFor(() =>
      expect(screen.getByRole('button', { name: /^Bid 999\.5.*Yours here: 0\.200 BTC/ })).toBeTruthy(),
    );
    orders.begin([]);
    await waitFor(() => expect(screen.queryByRole('button', { name: /Yours here/ })).toBe(null));
  });
});
