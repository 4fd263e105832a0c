/** The chart's colours: the page's tokens, as the canvas takes them. */

export interface Palette {
  readonly background: string;
  readonly text: string;
  readonly grid: string;
  readonly edge: string;
  readonly up: string;
  readonly down: string;
  readonly upFaint: string;
  readonly downFaint: string;
}

/** Reads the tokens as they stand on the document now. */
export function palette(root: HTMLElement): Palette {
  const style = getComputedStyle(root);
  const token = (name: string): string => style.getPropertyValue(name).trim();
  return {
    background: token('--panel'),
    text: token('--muted'),
    grid: token('--line'),
    edge: token('--edge'),
    up: token('--up'),
    down: token('--down'),
    upFaint: faint(token('--up')),
    downFaint: faint(token('--down')),
  };
}

/** `#rrggbb` at a third of its strength. */
function faint(colour: string): string {
  return /^#[0-9a-f]{6}$/i.test(colour) ? `${colour}55` : colour;
}
