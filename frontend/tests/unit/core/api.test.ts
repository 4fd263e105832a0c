import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { Api } from '../../../src/core/api';

interface Sent {
  url: string;
  init: RequestInit;
}

let sent: Sent[];
let reply: (init: RequestInit) => Promise<Response>;
let api: Api;
let signedOut: number;

beforeEach(() => {
  vi.useFakeTimers();
  [sent, signedOut] = [[], 0];
  reply = () => Promise.resolve(Response.json({}));
  api = new Api((url, init) => {
    sent.push({ url: String(url), init: init as RequestInit });
    return reply(init as RequestInit);
  });
  api.onSignedOut(() => (signedOut += 1));
});

afterEach(() => {
  vi.useRealTimers();
});

const never = (init: RequestInit): Promise<Response> =>
  new Promise((_, fail) => {
    const give = (): void => fail(new DOMException('', 'AbortError'));
    init.signal?.addEventListener('abort', give);
    if (init.signal?.aborted) give();
  });
const problem = (status: number, body: object): (() => Promise<Response>) => {
  return () =>
    Promise.resolve(Response.json(body, { status, headers: { 'content-type': 'application/problem+json' } }));
};

describe('a request', () => {
  test('carries its body, its key and the header that no form can send', async () => {
    const body = { account: 'sim', symbol: 'BTC/USDT:USDT', side: 'buy', type: 'market', amount: '1' } as const;
    await api.post('/api/orders', { body, key: 'k1' });
    expect(sent[0]?.url).toBe('/api/orders');
    expect(sent[0]?.init).toMatchObject({
      method: 'POST',
      body: JSON.stringify(body),
      headers: { 'Content-Type': 'application/json', 'Idempotency-Key': 'k1', 'X-Hedgerow': '1' },
      credentials: 'same-origin',
    });
  });

  test('says in its address what it asks for, encoded; what is absent is left out', async () => {
    await api.get('/api/orders', { query: { account: 'a b', status: ['living', 'filled'], symbol: null } });
    await api.get('/api/orders/{order_id}', { path: { order_id: '../x?y' } });
    expect(sent.map(({ url }) => url)).toEqual([
      '/api/orders?account=a+b&status=living&status=filled',
      '/api/orders/..%2Fx%3Fy',
    ]);
  });

  test('without a body has none', async () => {
    await api.delete('/api/orders/{order_id}', { path: { order_id: 'x' } });
    expect(sent[0]?.init.body).toBeUndefined();
    expect(sent[0]?.init.headers).toEqual({ 'X-Hedgerow': '1' });
  });
});

describe('an answer', () => {
  test('is its body and status', async () => {
    reply = () => Promise.resolve(Response.json([{ name: 'sim' }]));
    expect(await api.get('/api/accounts')).toEqual({ ok: true, status: 200, body: [{ name: 'sim' }] });
  });

  test('of nothing is nothing', async () => {
    reply = () => Promise.resolve(new Response(null, { status: 204 }));
    expect(await api.delete('/api/session')).toEqual({ ok: true, status: 204, body: undefined });
  });

  test("may be the desk's refusal, as a value", async () => {
    reply = problem(422, { code: 'price_off_tick', detail: 'no', field: 'price', exchange_code: '7' });
    const answer = await api.get('/api/accounts');
    expect(answer).toMatchObject({
      ok: false,
      problem: { kind: 'problem', status: 422, code: 'price_off_tick', field: 'price', exchangeCode: '7', order: null },
    });
    expect(signedOut).toBe(0);
  });

  test("may be a gateway's page, good or bad", async () => {
    for (const status of [200, 502]) {
      reply = () => Promise.resolve(new Response('<html>', { status }));
      expect(await api.get('/api/accounts')).toMatchObject({ ok: false, problem: { status, code: `http_${status}` } });
    }
  });

  test('that nobody is signed in is told, and only that', async () => {
    reply = problem(401, { code: 'not_signed_in', detail: '' });
    await api.get('/api/accounts');
    expect(signedOut).toBe(1);
    reply = problem(401, { code: 'wrong_code', detail: '' });
    await api.post('/api/session', { body: { code: 'x', device: 'y' } });
    expect(signedOut).toBe(1);
  });
});

describe('no answer', () => {
  test('in time is a timeout', async () => {
    reply = never;
    const answer = api.get('/api/accounts', { timeoutMs: 5_000 });
    await vi.advanceTimersByTimeAsync(5_000);
    expect(await answer).toMatchObject({ ok: false, problem: { kind: 'timeout', status: 0, code: 'timeout' } });
  });

  test('because there is no way is of the network', async () => {
    reply = () => Promise.reject(new TypeError('Failed to fetch'));
    expect(await api.get('/api/accounts')).toMatchObject({ ok: false, problem: { kind: 'network' } });
  });

  test('because the asker gave up is of the network too', async () => {
    reply = never;
    const giveUp = new AbortController();
    const answer = api.get('/api/accounts', { signal: giveUp.signal });
    giveUp.abort();
    expect(await answer).toMatchObject({ ok: false, problem: { kind: 'network' } });
    expect(await api.get('/api/accounts', { signal: giveUp.signal })).toMatchObject({ ok: false });
  });

  test('leaves no timer behind once there is one', async () => {
    await api.get('/api/accounts');
    expect(vi.getTimerCount()).toBe(0);
  });
});
