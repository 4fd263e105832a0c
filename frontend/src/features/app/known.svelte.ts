/** Whether the desk has told this page anything yet. Before, an empty list would be a claim that nobody has made. */
import { link } from '../../state/link.svelte';

class Known {
  yet = $state(false);
}

export const known = new Known();

/** For the outermost component's script. */
export function watchKnown(): void {
  $effect(() => {
    if (link.phase === 'live' || link.phase === 'replaying') known.yet = true;
  });
}
