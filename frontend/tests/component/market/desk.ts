/** A desk at the page's edge: answers to `fetch`, and the market's socket in memory. */
import { vi } from 'vitest';
import type { InstrumentView, MarketFrame } from '../../../src/core/wire';

export const SYMBOL = 'BTC/USDT:USDT';

export function instrument(symbol: string, changes: Partial<InstrumentView> = {}): InstrumentView {
  const [base = ''] = symbol.split('/');
  return {
    account: 'sim',
    symbol,
    exchange_symbol: `${base}USDT`,
    base,
    quote: 'USDT',
    settle: 'USDT',
    contract_size: '1',
    price_tick: '0.5',
    amount_step: '0.001',
    min_amount: '0.001',
    max_amount: null,
    max_market_amount: null,
    min_notional: null,
    max_leverage: '100',
    maker_fee: '0.0002',
    taker_fee: '0.0005',
    ...changes,
  };
}

export interface Sent {
  readonly method: string;
  readonly path: string;
  readonly body: unknown;
}

export class Socket {
  static last: Socket | null = null;
  onopen: (() => void) | null = null;
  onmessage: ((event: { data: unknown }) => void) | null = null;
  onclose: ((event: { code: number }) => void) | null = null;

  constructor() {
    Socket.last = this;
    queueMicrotask(() => this.onopen?.());
  }

  send(): void {
    // the test says what comes, whatever was subscribed
  }

  close(): void {
    // nothing is behind it
  }

  static say(...items: Partial<MarketFrame>[]): void {
    const frames = items.map((item) => ({ account: 'sim', interval: null, symbol: SYMBOL, ...item }));
    Socket.last?.onmessage?.({ data: JSON.stringify({ items: frames }) });
  }
}

/** What the page sends, the reads left out. `answer` gives the body of a read, or of a command with its status. */
export function desk(answer: (sent: Sent) => { status?: number; body: unknown }): Sent[] {
  const sent: Sent[] = [];
  vi.stubGlobal('WebSocket', Socket);
  vi.stubGlobal('fetch', async (url: string, init: RequestInit) => {
    const asked = { method: init.method ?? 'GET', path: url, body: JSON.parse(String(init.body ?? 'null')) as unknown };
    if (asked.method !== 'GET') sent.push(asked);
    const oneOrder = asked.method === 'GET' && asked.path.startsWith('/api/orders/');
    const { status = 200, body } = oneOrder ? { status: 404, body: {} } : answer(asked);
    return Response.json(body, { status });
  });
  return sent;
}
