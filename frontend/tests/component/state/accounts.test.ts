import { beforeAll, beforeEach, describe, expect, test, vi } from 'vitest';
import type { accounts as Accounts } from '../../../src/state/accounts.svelte';
import { DeskDouble } from './desk_double';

const BALANCE = {
  currency: 'USDT',
  wallet: '1000',
  equity: '1001',
  available: '800',
  initial_margin: '0',
  maintenance_margin: '0',
  unrealised_pnl: '0',
};

let desk: DeskDouble;
let accounts: typeof Accounts;

// the first import compiles
beforeAll(() => import('../../../src/state/accounts.svelte'), 60_000);

beforeEach(async () => {
  vi.resetModules();
  vi.useFakeTimers();
  desk = new DeskDouble();
  ({ accounts } = await import('../../../src/state/accounts.svelte'));
  return () => {
    accounts.stop();
    vi.useRealTimers();
    vi.unstubAllGlobals();
  };
});

/** Answers whatever was asked and is still waiting. */
async function answer(): Promise<void> {
  for (const asked of desk.asked) {
    if (asked.path === '/api/accounts') asked.answer(200, [{ name: 'sim' }, { name: 'main' }]);
    if (asked.path === '/api/limits') asked.answer(200, [{ account: 'sim', trading_state: 'halted' }]);
    if (asked.path === '/api/balances') asked.answer(200, [{ account: 'sim', updated_ms: 1, balances: [BALANCE] }]);
  }
  await vi.advanceTimersByTimeAsync(0);
}

const polls = (): number => desk.of('GET', '/api/balances').length;

describe('accounts', () => {
  test('are read at the start, with balances and rules; the first is chosen', async () => {
    accounts.start();
    await answer();
    expect([accounts.list.length, accounts.selected, accounts.loaded]).toEqual([2, 'sim', true]);
    expect(accounts.rules('sim')?.trading_state).toBe('halted');
    expect(accounts.figures('sim')).toMatchObject({ equity: '1000', currency: 'USDT' });
    expect(accounts.figures('main')).toBeNull();
    expect(accounts.total()).toMatchObject([{ currency: 'USDT', equity: '1000' }]);
  });

  test('are asked for balances every five seconds, and nothing once stopped', async () => {
    accounts.start();
    await answer();
    await vi.advanceTimersByTimeAsync(5_000);
    expect(polls()).toBe(2);
    accounts.stop();
    await answer();
    await vi.advanceTimersByTimeAsync(60_000);
    expect(polls()).toBe(2);
  });

  test('are asked sooner after a change, however much goes on changing', async () => {
    accounts.start();
    await answer();
    for (let passed = 0; passed < 1_000; passed += 50) {
      accounts.soon();
      await vi.advanceTimersByTimeAsync(50);
      await answer();
    }
    expect(polls()).toBeGreaterThanOrEqual(3);
    expect(polls()).toBeLessThanOrEqual(4);
  });

  test('that cannot be read keep what was known', async () => {
    accounts.start();
    await answer();
    await vi.advanceTimersByTimeAsync(5_000);
    desk.last('GET', '/api/balances').lose();
    await vi.advanceTimersByTimeAsync(0);
    expect(accounts.figures('sim')?.wallet).toBe('1000');
    await vi.advanceTimersByTimeAsync(5_000);
    expect(polls()).toBe(3);
  });
});
