import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Exchange } from './exchange';
import { freePort } from './port';
import { Started } from './process';

const MAIN = 'import sys; from hedgerow.cli.main import main; sys.exit(main())';
const READY = /^ready http\S+$/m;

type Order = { order_id: string; status: string; price: string | null; amount: string; side: string };
type Position = { side: string; amount: string; take_profit: string | null; stop_loss: string | null };
const LIVING = new Set(['pending', 'in_doubt', 'accepted', 'untriggered', 'open', 'partially_filled']);

/** The desk as its user starts it, on a data folder of its own; it may be killed and started again on the same port. */
export class Desk {
  private constructor(
    private process: Started,
    readonly folder: string,
    readonly url: string,
  ) {}

  static async start(): Promise<Desk> {
    const folder = mkdtempSync(join(tmpdir(), 'hedgerow-e2e-'));
    const process = await Desk.up(folder, String(await freePort()));
    const url = /^ready (http\S+)$/m.exec(process.said)?.[1];
    if (url === undefined) throw new Error(process.said);
    return new Desk(process, folder, url);
  }

  private static up(folder: string, port: string): Promise<Started> {
    return Started.python(['-c', MAIN, 'up', '--port', port, '--data', folder], {}, READY);
  }

  async restart(signal: 'SIGTERM' | 'SIGKILL'): Promise<void> {
    await this.stop(signal);
    await this.startAgain();
  }

  async startAgain(): Promise<void> {
    this.process = await Desk.up(this.folder, new URL(this.url).port);
  }

  async stop(signal: 'SIGTERM' | 'SIGKILL' = 'SIGTERM'): Promise<void> {
    await this.process.stop(signal);
  }

  remove(): void {
    rmSync(this.folder, { recursive: true, force: true });
  }

  /** What the desk printed since it was started: the sign-in link stands there. */
  get said(): string {
    return this.process.said;
  }

  /** Ask as the owner's command line does: by the token in the data folder. */
  async ask<T = unknown>(method: string, path: string, body?: unknown): Promise<T> {
    const door = JSON.parse(readFileSync(join(this.folder, 'desk.json'), 'utf8')) as { token: string };
    const answer = await fetch(this.url + path, {
      method,
      headers: { authorization: `Bearer ${door.token}`, 'content-type': 'application/json' },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    const text = await answer.text();
    if (!answer.ok) throw new Error(`${method} ${path}: ${answer.status} ${text}`);
    return (text === '' ? undefined : JSON.parse(text)) as T;
  }

  /** An account of its own at the exchange, followed by the desk. */
  async addAccount(exchange: Exchange, name: string): Promise<void> {
    await exchange.addKey(name);
    await this.ask('POST', '/api/accounts', {
      name,
      exchange: 'bybit',
      environment: 'simulation',
      credentials: { apiKey: `key-${name}`, secret: `secret-${name}` },
      urls: { rest: exchange.url, ws: exchange.webSocketUrl },
    });
    await until(async () => {
      const accounts = await this.ask<{ name: string; ready: boolean; followed: boolean }[]>('GET', '/api/accounts');
      return accounts.some((account) => account.name === name && account.ready && account.followed);
    });
  }

  /** Flat, and followed no more: nothing of it is in the way of the next test. */
  async forget(account: string): Promise<void> {
    await this.ask('POST', '/api/flatten', { account });
    await until(async () => (await this.living(account)).length + (await this.positions(account)).length === 0);
    await this.ask('DELETE', `/api/accounts/${account}`);
  }

  /** Place an order in the Bitcoin perpetual as another client of the desk would. */
  async place(account: string, order: Record<string, string | boolean>): Promise<Order> {
    return this.ask('POST', '/api/orders', { account, symbol: 'BTC/USDT:USDT', ...order });
  }

  async living(account: string): Promise<Order[]> {
    const { orders } = await this.ask<{ orders: Order[] }>('GET', `/api/orders?account=${account}&limit=500`);
    return orders.filter((order) => LIVING.has(order.status));
  }

  async positions(account: string): Promise<Position[]> {
    return (await this.ask<{ positions: Position[] }>('GET', `/api/positions?account=${account}`)).positions;
  }

  async pair(): Promise<{ code: string; url: string }> {
    return this.ask('POST', '/api/pairings', {});
  }
}

/** Wait for a condition; fails after `withinMs`. */
export async function until(holds: () => Promise<boolean> | boolean, withinMs = 20_000): Promise<void> {
  const limit = Date.now() + withinMs;
  while (!(await holds())) {
    if (Date.now() > limit) throw new Error('it did not come true in time');
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}
