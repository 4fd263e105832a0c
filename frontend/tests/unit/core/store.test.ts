import { expect, test } from 'vitest';
import { OrderFold } from '../../../src/core/reduce';
import { Store } from '../../../src/core/store';
import type { Order } from '../../../src/core/wire';
import { eventsOf, orderVectors } from './vectors';
import { Frames } from './virtual_timing';

const LOG = eventsOf(orderVectors, 'many');

function made(): { frames: Frames; told: string[][]; store: Store<Order, OrderFold> } {
  const frames = new Frames();
  const told: string[][] = [];
  const store = new Store<Order, OrderFold>(new OrderFold(), frames.next, (changed) => told.push([...changed].sort()));
  return { frames, told, store };
}

test('many events are one change a frame, each key once', () => {
  const { frames, told, store } = made();
  store.apply(LOG.slice(0, 50));
  store.apply(LOG.slice(50));
  expect([frames.count, told]).toEqual([1, []]);
  frames.paint();
  expect(told.length).toBe(1);
  expect(told[0]).toEqual([...store.fold.living.keys(), ...store.fold.ended.keys()].sort());
});

test('what changes nothing paints nothing', () => {
  const { frames, told, store } = made();
  store.apply(LOG);
  frames.paint();
  store.apply(LOG);
  store.begin([...store.fold.living.values()]);
  expect(frames.count).toBe(0);
  expect(told.length).toBe(1);
});

test('each change after a frame asks for the next', () => {
  const { frames, told, store } = made();
  store.apply(LOG.slice(0, 1));
  frames.paint();
  store.apply(LOG.slice(1, 2));
  frames.paint();
  expect(told.map((keys) => keys.length)).toEqual([1, 1]);
});

test('what a new snapshot does not hold is told', () => {
  const { frames, told, store } = made();
  store.apply(LOG);
  frames.paint();
  const [gone, ...rest] = [...store.fold.living.values()];
  store.begin(rest);
  frames.paint();
  expect(told.at(-1)).toEqual([gone?.order_id]);
  expect(store.fold.get(gone?.order_id ?? '')).toBeUndefined();
});
