import { beforeEach, expect, test, vi } from 'vitest';
import { toastOf } from '../../../src/state/order_toasts';
import { toasts } from '../../../src/state/toasts.svelte';
import { DeskDouble, orderOf } from './desk_double';

const open = orderOf('a', { status: 'open', updated_ms: 1_000 });

beforeEach(() => {
  new DeskDouble(); // instruments are asked for, and have not come yet
  for (const { id } of toasts.list) toasts.dismiss(id);
  return () => vi.unstubAllGlobals();
});

const shown = (): [string, string, string | undefined][] => toasts.list.map((it) => [it.kind, it.title, it.text]);

test('fills of one order are one toast, the newest', () => {
  const part = { ...open, status: 'partially_filled', filled: '0.4', average: '59000' } as const;
  toastOf(open, part, 2_000);
  expect(shown()).toEqual([['fill', 'BTC-PERP: bought 0.4 of 1 contracts', 'at 59\u202f000 · sim']]);
  toastOf(part, { ...part, status: 'filled', filled: '1' }, 2_000);
  expect(shown()).toEqual([['fill', 'BTC-PERP: bought 1 contracts', 'at 59\u202f000 · sim']]);
});

test('a refusal says why, in the words of whoever refused', () => {
  toastOf(open, { ...open, status: 'rejected', refusal: { code: 'exchange_rejected', message: 'too far' } }, 2_000);
  expect(shown()).toEqual([['error', 'BTC-PERP: order refused', 'too far']]);
});

test('an end without a fill, a change and what is old are no news', () => {
  toastOf(open, { ...open, status: 'canceled' }, 2_000);
  toastOf(open, { ...open, price: '1' }, 2_000);
  toastOf(undefined, { ...open, status: 'filled', filled: '1' }, 120_000);
  expect(shown()).toEqual([]);
});
