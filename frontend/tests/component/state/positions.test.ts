import type * as Svelte from 'svelte';
import { beforeAll, beforeEach, describe, expect, test, vi } from 'vitest';
import type { Position } from '../../../src/core/wire';
import type { instruments as Instruments } from '../../../src/state/instruments.svelte';
import type { marketFeed as Feed } from '../../../src/state/market.svelte';
import type { positions as Positions } from '../../../src/state/positions.svelte';
import { ScriptedWire } from '../../unit/core/scripted_wire';
import { DeskDouble } from './desk_double';

const LEG = {
  account: 'sim',
  symbol: 'BTC/USDT:USDT',
  side: 'long',
  amount: '2',
  entry: '60000',
  exchange_amount: null,
  exchange_entry: null,
  discrepancy: null,
  mark: '60010',
  leverage: '10',
  liquidation_price: '54000',
  version: 1,
} as Position;
const INSTRUMENT = {
  symbol: LEG.symbol,
  contract_size: '1',
  settle: 'USDT',
  quote: 'USDT',
  price_tick: '0.1',
  taker_fee: '0',
};

let desk: DeskDouble;
let flushSync: typeof Svelte.flushSync;
let positions: typeof Positions;
let instruments: typeof Instruments;
let feed: typeof Feed;
let wire: ScriptedWire;
let paint: () => void;

// the first import compiles
beforeAll(() => import('../../../src/state/positions.svelte'), 60_000);

beforeEach(async () => {
  vi.resetModules();
  vi.useFakeTimers();
  desk = new DeskDouble();
  ({ flushSync } = await import('svelte')); // the one that the fresh modules use
  const frames: (() => void)[] = [];
  vi.stubGlobal('requestAnimationFrame', (run: () => void) => frames.push(run));
  paint = () => {
    frames.splice(0).forEach((run) => run());
    flushSync();
  };
  vi.stubGlobal(
    'WebSocket',
    class extends ScriptedWire {
      constructor(address: URL) {
        super(address.href);
        wire = this as ScriptedWire;
      }
    },
  );
  ({ positions } = await import('../../../src/state/positions.svelte'));
  ({ instruments } = await import('../../../src/state/instruments.svelte'));
  ({ marketFeed: feed } = await import('../../../src/state/market.svelte'));
  feed.line.start();
  wire.open();
  return () => {
    feed.line.stop();
    vi.useRealTimers();
    vi.unstubAllGlobals();
  };
});

function marked(mark: string): void {
  const topic = { account: LEG.account, channel: 'ticker', symbol: LEG.symbol, interval: null };
  wire.say({ items: [{ ...topic, item: { kind: 'ticker', symbol: LEG.symbol, mark, last: '1' } }] });
  paint();
}

async function listed(): Promise<void> {
  desk.last('GET', '/api/instruments').answer(200, [INSTRUMENT]);
  await vi.advanceTimersByTimeAsync(0);
  flushSync();
}

function moved(more: Partial<Position>): void {
  positions.apply([
    {
      account: 'sim',
      time_ms: 1,
      body: { kind: 'position_updated', position: { ...LEG, ...more }, cause: {} } as never,
    },
  ]);
  paint();
}

describe('an open position', () => {
  test('is valued at the mark it came with, until a live one comes', async () => {
    positions.begin([LEG]);
    paint();
    const [row] = positions.rows;
    expect([row?.mark, row?.markMs, row?.figures.pnl]).toEqual(['60010', 0, null]);
    await listed();
    expect(row?.figures.pnl).toBe('20');
    marked('60100');
    expect([row?.mark, row?.figures.pnl]).toEqual(['60100', '200']);
    expect(row?.markMs).toBe(Date.now());
  });

  test('is valued at most five times a second, and at the newest mark in the end', async () => {
    positions.begin([LEG]);
    paint();
    await listed();
    const seen = new Set<string | null>();
    for (let number = 0; number < 40; number += 1) {
      marked(`${60_000 + number}`);
      seen.add(positions.rows[0]?.mark ?? null);
      await vi.advanceTimersByTimeAsync(25);
    }
    await vi.advanceTimersByTimeAsync(200);
    flushSync();
    expect(seen.size).toBeLessThanOrEqual(6);
    expect([positions.rows[0]?.mark, positions.rows[0]?.figures.pnl]).toEqual(['60039', '78']);
  });

  test('watches its ticker for as long as it is held', () => {
    positions.begin([LEG]);
    paint();
    const topic = { account: 'sim', symbol: LEG.symbol, channel: 'ticker' };
    expect(wire.said).toEqual([{ subscribe: topic }]);
    const [row] = positions.rows;
    moved({ amount: '1', version: 2 });
    expect(positions.rows[0]).toBe(row);
    moved({ amount: '0', version: 3 });
    expect(positions.rows).toEqual([]);
    expect(wire.said.at(-1)).toEqual({ unsubscribe: topic });
  });

  test('is found by its account, symbol and side', () => {
    positions.begin([LEG, { ...LEG, side: 'short' }]);
    paint();
    expect(positions.get('sim', LEG.symbol)?.position.side).toBe('long');
    expect(positions.get('sim', LEG.symbol, 'short')?.position.side).toBe('short');
    expect(positions.get('other', LEG.symbol)).toBeUndefined();
  });
});

test('instruments that cannot be had yet are asked for again', async () => {
  expect(instruments.of('sim')).toEqual([]);
  instruments.of('sim');
  desk.last('GET', '/api/instruments').answer(503, { code: 'account_not_ready', detail: '' });
  await vi.advanceTimersByTimeAsync(4_000);
  instruments.of('sim');
  expect(desk.asked.length).toBe(1);
  await vi.advanceTimersByTimeAsync(1_000);
  instruments.of('sim');
  await listed();
  expect([desk.asked.length, instruments.get('sim', LEG.symbol)?.contract_size]).toEqual([2, '1']);
});
