/** Which way a value moved last. */

export type Direction = 'up' | 'down' | 'none';

/** For a component's script. What goes away and comes back, or is another market's, has no direction yet. */
export function direction(
  read: () => string | null,
  compare: (a: string, b: string) => number,
): { readonly value: Direction } {
  let before: string | null = null;
  let value = $state<Direction>('none');
  $effect(() => {
    const now = read();
    const moved = now === null || before === null ? 0 : compare(now, before);
    if (now === null || before === null) value = 'none';
    else if (moved !== 0) value = moved > 0 ? 'up' : 'down';
    before = now;
  });
  return {
    get value() {
      return value;
    },
  };
}
