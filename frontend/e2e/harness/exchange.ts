import { Started } from './process';

/** A fault to switch on at the exchange: see src/hedgerow/simulator/faults.py. */
export type Fault = {
  kind: string;
  target?: string;
  account?: string;
  count?: number;
  skip?: number;
  ms?: number;
  executed?: boolean;
};

/** What the exchange took of an account. */
export type Taken = {
  orders: { order_id: string; order_link_id: string; side: string; qty: string; status: string }[];
  create_requests: Record<string, number>;
};

/** The simulated exchange as a process of its own, with its control routes. */
export class Exchange {
  private constructor(
    private readonly process: Started,
    readonly url: string,
  ) {}

  static async start(seed = 7): Promise<Exchange> {
    const args = ['-m', 'hedgerow.simulator', '--port', '0', '--seed', String(seed), '--control'];
    const started = await Started.python(args, {}, /ready http\S+\n/);
    const url = /ready (http\S+)/.exec(started.said)?.[1];
    if (url === undefined) throw new Error(started.said);
    return new Exchange(started, url);
  }

  get webSocketUrl(): string {
    return this.url.replace('http', 'ws');
  }

  async control<T = unknown>(method: string, path: string, body?: unknown): Promise<T> {
    const answer = await fetch(`${this.url}/control/${path}`, {
      method,
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    if (!answer.ok) throw new Error(`${path}: ${answer.status} ${await answer.text()}`);
    return (await answer.json()) as T;
  }

  addKey(account: string): Promise<unknown> {
    return this.control('POST', 'keys', { key: `key-${account}`, secret: `secret-${account}`, account });
  }

  /** The market trades at this price, and goes on from there. */
  price(symbol: string, price: string): Promise<unknown> {
    return this.control('POST', 'price', { symbol, price });
  }

  run(running: boolean): Promise<unknown> {
    return this.control('POST', 'market', { running });
  }

  fault(fault: Fault): Promise<unknown> {
    return this.control('POST', 'faults', fault);
  }

  clearFaults(): Promise<unknown> {
    return this.control('DELETE', 'faults');
  }

  /** Every order ever taken of an account, and how many create requests named each link id. */
  orders(account: string): Promise<Taken> {
    return this.control('GET', `orders?account=${account}`);
  }

  /** How many orders were taken that somebody asked for: what protects a position has no link id. */
  async placed(account: string): Promise<number> {
    return (await this.orders(account)).orders.filter((order) => order.order_link_id !== '').length;
  }

  /** The highest count of create requests that named the same order: 1 where nothing was sent twice. */
  async mostCreates(account: string): Promise<number> {
    return Math.max(0, ...Object.values((await this.orders(account)).create_requests));
  }

  stop(): Promise<void> {
    return this.process.stop();
  }
}
