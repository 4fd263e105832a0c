import { readFileSync } from 'node:fs';
import type { Order, Position, StreamEvent } from '../../../src/core/wire';

interface Vector<Item, Expected> {
  journal: string;
  steps: ({ snapshot: Item[] } | { events: number[] })[];
  expected: Expected;
}

interface VectorFile<Item, Expected> {
  journals: Record<string, StreamEvent[]>;
  vectors: Record<string, Vector<Item, Expected>>;
}

function read<Item, Expected>(name: string): VectorFile<Item, Expected> {
  const path = new URL(`../../../../tests/vectors/${name}.json`, import.meta.url);
  return JSON.parse(readFileSync(path, 'utf8')) as VectorFile<Item, Expected>;
}

/** The files that the desk's own fold runs. */
export const orderVectors = read<Order, { living: Order[]; ended: Record<string, [string, number]> }>('orders');
export const positionVectors = read<Position, { open: Position[] }>('positions');

/** The envelopes of a journal, by their numbers. */
export function eventsOf(file: { journals: Record<string, StreamEvent[]> }, journal: string): StreamEvent[] {
  const events = file.journals[journal];
  if (events === undefined) throw new Error(`there is no journal ${journal}`);
  return events;
}

export function pick(events: readonly StreamEvent[], numbers: readonly number[]): StreamEvent[] {
  return numbers.map((number) => {
    const event = events[number];
    if (event === undefined) throw new Error(`there is no event ${number}`);
    return event;
  });
}
