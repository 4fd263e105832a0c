import { afterEach, expect, it } from 'vitest';
import { Board, type Pinned } from '../../../src/features/chart/board';

const LINES = 5;
let asked = 0;
const scale = {
  yOf: (price: string) => {
    asked += 1;
    return Number(price);
  },
  width: 800,
  height: 2_000,
  axisWidth: 60,
};
let board: Board;

afterEach(() => board.dispose());

function pinned(price: string): Pinned {
  const [element, label, tag] = ['div', 'span', 'span'].map((name) => document.createElement(name));
  if (!element || !label || !tag) throw new Error('no elements');
  return { element, label, tag, price: () => price, rank: () => 0 };
}

it('places all lines that change together once, before the next paint', async () => {
  board = new Board(scale);
  const lines = Array.from({ length: LINES }, (_, i) => pinned(String(100 * (i + 1))));
  const unpin = lines.map((line) => board.pin(line));
  expect(asked).toBe(0);
  await Promise.resolve();
  expect(asked).toBe(LINES);
  expect(lines.map(({ element }) => element.style.top)).toEqual(['100px', '200px', '300px', '400px', '500px']);

  lines.forEach(() => board.soon());
  await Promise.resolve();
  expect(asked).toBe(2 * LINES);

  unpin.forEach((leave) => leave());
  await Promise.resolve();
  expect(asked).toBe(2 * LINES); // there is nothing left to place
});
