/** Events in, at any rate; changes out, once a frame. */
import type { Fold } from './reduce';
import type { NextFrame } from './timing';
import type { StreamEvent } from './wire';

export class Store<Item, F extends Fold<Item>> {
  private readonly dirty = new Set<string>();
  private awaited = false;

  constructor(
    readonly fold: F,
    private readonly nextFrame: NextFrame,
    /** Told once a frame which keys have changed. */
    private readonly flushed: (changed: ReadonlySet<string>) => void,
  ) {}

  begin(snapshot: readonly Item[]): void {
    for (const key of this.fold.begin(snapshot)) this.touch(key);
  }

  apply(events: readonly StreamEvent[]): void {
    for (const event of events) this.touch(this.fold.take(event));
  }

  /** Marks a key as changed; `null` is nothing. */
  touch(key: string | null): void {
    if (key === null) return;
    this.dirty.add(key);
    if (this.awaited) return;
    this.awaited = true;
    this.nextFrame(() => this.flush());
  }

  /** What is dirty goes out now. */
  flush(): void {
    this.awaited = false;
    const changed = new Set(this.dirty);
    this.dirty.clear();
    if (changed.size > 0) this.flushed(changed);
  }
}
