import type { Timing } from '../../../src/core/timing';

interface Timer {
  atMs: number;
  order: number;
  run: () => void;
}

/** A clock that moves when it is told to; what is due runs in its order. */
export class VirtualTiming implements Timing {
  private now = 1_000_000;
  private made = 0;
  private timers: Timer[] = [];

  constructor(private readonly luck: number = 0.5) {}

  nowMs(): number {
    return this.now;
  }

  chance(): number {
    return this.luck;
  }

  after(ms: number, run: () => void): () => void {
    const timer = { atMs: this.now + ms, order: (this.made += 1), run };
    this.timers.push(timer);
    return () => {
      this.timers = this.timers.filter((each) => each !== timer);
    };
  }

  /** Lets time pass, and everything that is due in it run. */
  pass(ms: number): void {
    const until = this.now + ms;
    for (;;) {
      const due = this.timers.filter((timer) => timer.atMs <= until);
      const next = due.sort((a, b) => a.atMs - b.atMs || a.order - b.order)[0];
      if (next === undefined) break;
      this.timers = this.timers.filter((timer) => timer !== next);
      this.now = Math.max(this.now, next.atMs);
      next.run();
    }
    this.now = until;
  }

  /** As `pass`, letting promises settle between the timers. */
  async passSettling(ms: number, stepMs = 100): Promise<void> {
    for (let passed = 0; passed < ms; passed += stepMs) {
      this.pass(Math.min(stepMs, ms - passed));
      await settled();
    }
  }
}

/** Promises that wait for nothing but each other have settled. */
export async function settled(): Promise<void> {
  for (let turn = 0; turn < 20; turn += 1) await Promise.resolve();
}

/** Frames that come when they are told to. */
export class Frames {
  private waiting: (() => void)[] = [];

  readonly next = (run: () => void): void => {
    this.waiting.push(run);
  };

  get count(): number {
    return this.waiting.length;
  }

  paint(): void {
    const due = this.waiting;
    this.waiting = [];
    for (const run of due) run();
  }
}
