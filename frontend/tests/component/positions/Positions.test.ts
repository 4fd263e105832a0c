import { fireEvent, render, screen, waitFor } from '@testing-library/svelte';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Position } from '../../../src/core/wire';
import Positions from '../../../src/features/positions/Positions.svelte';
import { instruments } from '../../../src/state/instruments.svelte';
import { positions } from '../../../src/state/positions.svelte';
import { selection, select } from '../../../src/state/route.svelte';
import { clock } from '../../../src/state/clock.svelte';
import type { Sent } from '../market/desk';
import { close, commands, held, open, SYMBOL, tick, type Answers } from '../ticket/desk';

let sent: Sent[];

beforeEach(() => positions.begin([]));
afterEach(() => {
  positions.begin([]);
  close();
});

async function show(
  changes: Partial<Position> = {},
  answers: Answers = {},
  layout: 'cards' | 'grid' = 'cards',
): Promise<void> {
  sent = await open({ command: () => ({ body: { command_id: 'c', outcome: 'accepted', orders: [] } }), ...answers });
  positions.begin([held(changes)]);
  await waitFor(() => expect(instruments.get('sim', SYMBOL)).toBeDefined());
  render(Positions, { layout });
  await tick({ mark: '59697.8' });
  await waitFor(() =>
    expect(positions.rows[0]).toMatchObject({ mark: '59697.8', figures: { pnl: expect.any(String) } }),
  );
}

const press = (name: string | RegExp): Promise<boolean> =>
  fireEvent.click(screen.getByRole('button', { name, hidden: true }));
const choose = (name: string): Promise<boolean> => fireEvent.click(screen.getByRole('radio', { name, hidden: true }));

describe('a position', () => {
  it('is told by word, sign and figures', async () => {
    await show();
    await waitFor(() => expect(screen.getByText('−51.10')).toBeTruthy());
    expect(screen.getByText('−1.71 %')).toBeTruthy();
    expect(screen.getByText('0.500 BTC')).toBeTruthy();
    expect(screen.getByText('Liq. 54 210.0')).toBeTruthy();
    expect(screen.getByText('9.19 % away')).toBeTruthy();
    expect(screen.getByRole('article', { name: 'Long BTC-PERP sim' })).toBeTruthy();
  });

  it('says in words what does not agree', async () => {
    await show({ discrepancy: '-0.1' });
    expect(screen.getByText(/The exchange holds 0.1 BTC less than the desk's fills explain/)).toBeTruthy();
  });

  it('leads to its chart', async () => {
    await show({}, {}, 'grid');
    select('sim', 'ETH/USDT:USDT');
    await press('Show BTC-PERP of sim on the chart');
    expect(selection.symbol).toBe(SYMBOL);
  });
});

describe('closing', () => {
  it('a part of it at market is one command, however often it is pressed', async () => {
    await show();
    await press('Close 50 %');
    await press('Close 0.250 BTC at market');
    await waitFor(() => expect(commands(sent)).toHaveLength(1));
    expect(commands(sent)[0]).toMatchObject({
      path: '/api/positions/close',
      body: { account: 'sim', symbol: SYMBOL, side: 'long', amount: '0.25' },
    });
  });

  it('all of it names no amount, so that nothing is left over', async () => {
    await show();
    await press('Close');
    await press('Close 0.500 BTC at market');
    await waitFor(() => expect(commands(sent)).toHaveLength(1));
    expect(commands(sent)[0]?.body).toEqual({ account: 'sim', symbol: SYMBOL, side: 'long' });
  });

  it('at a price begins at the best of its side, and wants one on the tick', async () => {
    await show();
    await press('Close');
    await choose('Limit');
    const price = screen.getByRole<HTMLInputElement>('textbox', { name: 'Price (USDT)', hidden: true });
    expect(price.value).toBe('60000.1');
    await fireEvent.input(price, { target: { value: '61000.05' } });
    expect(screen.getByText('Give a price in steps of 0.1.')).toBeTruthy();
    await fireEvent.input(price, { target: { value: '61000' } });
    await press('Close 0.500 BTC @ 61\u202f000.0');
    await waitFor(() => expect(commands(sent)[0]?.body).toMatchObject({ price: '61000' }));
  });

  it('at market by an old mark is asked for again', async () => {
    await show();
    await press('Close');
    clock.nowMs = Date.now() + 15_000;
    await press('Close 0.500 BTC at market');
    expect(commands(sent)).toEqual([]);
    expect(screen.getByText(/is 1[45] s old/)).toBeTruthy();
    await press('Close all the same');
    await waitFor(() => expect(commands(sent)).toHaveLength(1));
  });

  it('of less than can be traded is not sent', async () => {
    await show({ exchange_amount: '0.001', amount: '0.001' });
    await press('Close');
    await choose('25 %');
    expect(screen.getByText('25 % is less than the smallest order, 0.001 BTC.')).toBeTruthy();
    expect(screen.getByRole<HTMLButtonElement>('button', { name: /at market$/, hidden: true }).disabled).toBe(true);
  });
});

it('reversing says what it will do, and does it once', async () => {
  await show();
  await press('Reverse');
  expect(screen.getByText(/Closes Long 0.500 BTC at market.*opens Short 0.500 BTC/)).toBeTruthy();
  expect(commands(sent)).toEqual([]);
  await press('Reverse to Short');
  await waitFor(() => expect(commands(sent)).toHaveLength(1));
  expect(commands(sent)[0]).toMatchObject({ path: '/api/positions/reverse', body: { side: 'long' } });
});

describe('TP and SL', () => {
  const field = (name: string): HTMLInputElement => screen.getByRole('textbox', { name, hidden: true });

  it('send only what changed, and exactly, through every way of entry', async () => {
    await show({ take_profit: '63000', stop_loss: '57000' });
    await press('TP/SL');
    await choose('% of entry');
    expect(field('Take profit: gain in %').value).toBe('5.35');
    await fireEvent.input(field('Stop loss: loss in %'), { target: { value: '3' } });
    await press('Set TP and SL');
    await waitFor(() => expect(commands(sent)).toHaveLength(1));
    expect(commands(sent)[0]?.body).toEqual({ account: 'sim', symbol: SYMBOL, side: 'long', stop_loss: '58006' });
  });

  it('are cleared by leaving the field empty', async () => {
    await show({ take_profit: '63000' });
    await press('TP/SL');
    await press('Clear');
    await press('Set TP and SL');
    await waitFor(() => expect(commands(sent)[0]?.body).toMatchObject({ take_profit: '0' }));
    expect(commands(sent)[0]?.body).not.toHaveProperty('stop_loss');
  });

  it('on the wrong side of the mark are told so, and not sent', async () => {
    await show();
    await press('TP/SL');
    await fireEvent.input(field('Stop loss (USDT)'), { target: { value: '60000' } });
    expect(screen.getByText('Must lie below the mark, 59 697.8.')).toBeTruthy();
    await press('Set TP and SL');
    expect(commands(sent)).toEqual([]);
  });

  it('break even with the fees of both ways', async () => {
    await show({ side: 'short', liquidation_price: null });
    await press('TP/SL');
    await press(/^Break-even/);
    expect(field('Stop loss (USDT)').value).toBe('59734.2');
  });
});
