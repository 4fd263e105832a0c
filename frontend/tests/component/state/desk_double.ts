import { vi } from 'vitest';
import type { Order } from '../../../src/core/wire';
import { asPressed } from '../../../src/core/pressed_order';

export interface Asked {
  method: string;
  path: string;
  query: URLSearchParams;
  key: string | null;
  body: unknown;
  answer: (status: number, body?: unknown) => void;
  /** The line breaks before an answer comes. */
  lose: () => void;
}

/** The desk's REST API, in memory: every request waits until it is answered. */
export class DeskDouble {
  readonly asked: Asked[] = [];

  constructor() {
    vi.stubGlobal('fetch', (url: string, init: RequestInit) => this.fetch(url, init));
  }

  of(method: string, path: string): Asked[] {
    return this.asked.filter((each) => each.method === method && each.path === path);
  }

  last(method: string, path: string): Asked {
    const found = this.of(method, path).at(-1);
    if (found === undefined) throw new Error(`nobody asked ${method} ${path}`);
    return found;
  }

  private fetch(url: string, init: RequestInit): Promise<Response> {
    const address = new URL(url, 'http://desk');
    return new Promise((settle, fail) => {
      this.asked.push({
        method: init.method ?? 'GET',
        path: address.pathname,
        query: address.searchParams,
        key: new Headers(init.headers).get('Idempotency-Key'),
        body: typeof init.body === 'string' ? JSON.parse(init.body) : undefined,
        answer: (status, body) => settle(new Response(body === undefined ? null : JSON.stringify(body), { status })),
        lose: () => fail(new TypeError('Failed to fetch')),
      });
      init.signal?.addEventListener('abort', () => fail(new DOMException('', 'AbortError')));
    });
  }
}

export const BODY = {
  account: 'sim',
  symbol: 'BTC/USDT:USDT',
  side: 'buy',
  type: 'limit',
  amount: '1',
  price: '60000',
} as const;

export function orderOf(id: string, more: Partial<Order>): Order {
  return { ...asPressed(BODY, `key-${id}`, 1_000), order_id: id, version: 1, ...more };
}

export function eventOf(order: Order): { account: string; time_ms: number; body: { kind: string; order: Order } } {
  return { account: order.account, time_ms: order.updated_ms, body: { kind: 'order_updated', order } };
}
