/** What the panic buttons have set going. Outlives the sheet that they stand in. */
import { cancelAll, flatten, type Outcome } from '../../state/commands.svelte';
import { orders } from '../../state/orders.svelte';
import { positions } from '../../state/positions.svelte';
import { isWithin, type Reach } from './scope';

export type RunKind = 'cancel' | 'flatten';

export class Run {
  readonly kind: RunKind;
  readonly reach: Reach;
  /** Null while the desk is at it. */
  outcome = $state.raw<Outcome | null>(null);

  constructor(kind: RunKind, reach: Reach) {
    this.kind = kind;
    this.reach = reach;
  }

  get id(): string {
    return `${this.kind} ${this.reach.account} ${this.reach.symbol ?? ''}`;
  }

  get ordersLeft(): number {
    return orders.rows.filter(({ order }) => isWithin(this.reach, order)).length;
  }

  get positionsLeft(): number {
    return positions.rows.filter(({ position }) => isWithin(this.reach, position)).length;
  }

  /** Nothing of what it was for is left. */
  get complete(): boolean {
    return this.kind === 'flatten' ? this.positionsLeft === 0 && this.ordersLeft === 0 : this.ordersLeft === 0;
  }

  async start(): Promise<void> {
    const { account, symbol } = this.reach;
    this.outcome =
      this.kind === 'cancel'
        ? await cancelAll(account, symbol ?? undefined)
        : await flatten({ account, ...(symbol === null ? {} : { symbol }) });
  }
}

class Runs {
  list = $state.raw<readonly Run[]>([]);

  /** One command for each reach, side by side; a later run of the same takes the earlier one's line. */
  start(kind: RunKind, reaches: readonly Reach[]): void {
    const started = reaches.map((reach) => new Run(kind, reach));
    const ids = new Set(started.map(({ id }) => id));
    this.list = [...this.list.filter(({ id }) => !ids.has(id)), ...started];
    for (const run of started) void run.start();
  }

  clear(): void {
    this.list = this.list.filter(({ outcome }) => outcome === null);
  }
}

export const runs = new Runs();
