/** A value that is read often and shown at most every so many ms: the first at once, and always the newest. */
import { untrack } from 'svelte';

export interface Paced<Value> {
  readonly value: Value;
}

/** For a component's script. */
export function paced<Value>(read: () => Value, everyMs: number): Paced<Value> {
  let value = $state.raw(untrack(read));
  let shownMs = -Infinity;
  let timer: ReturnType<typeof setTimeout> | undefined;

  function show(): void {
    timer = undefined;
    shownMs = performance.now();
    value = untrack(read);
  }

  $effect(() => {
    read();
    const wait = shownMs + everyMs - performance.now();
    if (wait <= 0) show();
    else timer ??= setTimeout(show, wait);
  });
  $effect(() => () => clearTimeout(timer));
  return {
    get value() {
      return value;
    },
  };
}
