import { cleanup, fireEvent, render, screen, waitFor } from '@testing-library/svelte';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { Board } from '../../../src/features/chart/board';
import ChartLine from '../../../src/features/chart/ChartLine.svelte';
import { LineDrag } from '../../../src/features/chart/line_drag.svelte';
import { linesOf, type Line } from '../../../src/features/chart/lines';
import { prefs } from '../../../src/state/prefs.svelte';
import { INSTRUMENT, order, SYMBOL } from '../../unit/chart/fixtures';
import { desk, type Sent } from '../market/desk';

const scale = { yOf: () => 1_000, width: 800, height: 2_000, axisWidth: 60 };
let board: Board;
let sent: Sent[];
let answer: { status?: number; body: unknown };

beforeEach(() => {
  board = new Board(scale);
  answer = { body: { command_id: 'c1', outcome: 'accepted', order: order({ price: '59000.1', version: 2 }) } };
  sent = desk(() => answer);
});

afterEach(() => {
  cleanup();
  board.dispose();
  vi.unstubAllGlobals();
  prefs.confirm.drag = true;
});

let perPx = 1;

async function shown(): Promise<{ drag: LineDrag; handle: HTMLElement; update: (line: Line) => Promise<void> }> {
  let [line] = linesOf([{ key: 'o1', order: order({}), sending: false, checking: false }], [], INSTRUMENT) as [Line];
  const drag = new LineDrag(() => line);
  const props = { drag, board, symbol: SYMBOL, tick: '0.1', valueAt: (y: number) => 60_000 - y * perPx };
  const { rerender } = render(ChartLine, { ...props, line });
  return {
    drag,
    handle: await screen.findByRole('slider', { name: 'Price of Buy 0.5 BTC' }),
    update: async (next) => {
      line = next;
      await rerender({ ...props, line });
    },
  };
}

async function press(handle: HTMLElement, key: string, shiftKey = false): Promise<void> {
  await fireEvent.keyDown(handle, { key, shiftKey });
}

const said = (handle: HTMLElement): string | undefined => handle.getAttribute('aria-valuetext')?.replace(/\s/g, '');

describe('the handle of a line', () => {
  it('moves by a tick for an arrow, by ten with shift, and goes back by Escape', async () => {
    const { handle, drag } = await shown();
    await press(handle, 'ArrowUp');
    expect(said(handle)).toBe('59000.1');
    await press(handle, 'ArrowDown', true);
    expect(said(handle)).toBe('58999.1');
    await press(handle, 'Escape');
    expect(said(handle)).toBe('59000.0');
    expect(drag.phase).toBe('idle');
    expect(sent).toEqual([]);
  });

  it('follows the hand by what a pixel was worth as it went down, though the scale changes meanwhile', async () => {
    const { handle } = await shown();
    handle.setPointerCapture = () => undefined;
    await fireEvent.pointerDown(handle, { button: 0, pointerId: 1, clientY: 300 });
    perPx = 50;
    await fireEvent.pointerMove(handle, { pointerId: 1, clientY: 280 });
    expect(said(handle)).toBe('59020.0');
    await fireEvent.pointerMove(handle, { pointerId: 1, clientY: 310 });
    expect(said(handle)).toBe('58990.0');
    perPx = 1;
  });

  it('asks first: Enter proposes, Enter again sends, once', async () => {
    const { handle, drag } = await shown();
    await press(handle, 'ArrowUp');
    await press(handle, 'Enter');
    expect(drag.phase).toBe('proposed');
    expect(sent).toEqual([]);
    await press(handle, 'Enter');
    await press(handle, 'Enter');
    await waitFor(() => expect(sent).toHaveLength(1));
    expect(sent[0]).toMatchObject({ method: 'PATCH', body: { price: '59000.1' } });
  });

  it('stays where it was sent until the event has it there', async () => {
    prefs.confirm.drag = false;
    const { handle, drag, update } = await shown();
    await press(handle, 'ArrowUp');
    await press(handle, 'Enter');
    expect(drag.phase).toBe('sent');
    await press(handle, 'ArrowUp'); // no second hand on it
    expect(said(handle)).toBe('59000.1');
    const live = { key: 'o1', order: order({ price: '59000.1', version: 2 }), sending: false, checking: false };
    await update(linesOf([live], [], INSTRUMENT)[0] as Line);
    await waitFor(() => expect(drag.phase).toBe('idle'));
    expect(said(handle)).toBe('59000.1');
  });

  it('snaps back when the desk refuses, and keeps why', async () => {
    prefs.confirm.drag = false;
    answer = {
      status: 422,
      body: { code: 'price_collar', detail: 'too far from the mark', status: 422, title: 't', type: 'x' },
    };
    const { handle, drag } = await shown();
    await press(handle, 'ArrowUp');
    await press(handle, 'Enter');
    await waitFor(() => expect(drag.phase).toBe('refused'));
    expect(said(handle)).toBe('59000.0');
    expect(drag.problem?.code).toBe('price_collar');
  });

  it('follows a pointer to the tick under it, and is not moved by a mere press', async () => {
    const { handle, drag } = await shown();
    handle.setPointerCapture = () => undefined;
    await fireEvent.pointerDown(handle, { button: 0, clientY: 1_000, pointerId: 1 });
    await fireEvent.pointerMove(handle, { clientY: 1_002, pointerId: 1 });
    await fireEvent.pointerUp(handle, { pointerId: 1 });
    expect(drag.phase).toBe('idle');
    await fireEvent.pointerDown(handle, { button: 0, clientY: 1_000, pointerId: 1 });
    await fireEvent.pointerMove(handle, { clientY: 1_050, pointerId: 1 });
    expect(said(handle)).toBe('58950.0');
    await fireEvent.pointerUp(handle, { pointerId: 1 });
    expect(drag.phase).toBe('proposed');
  });
});
