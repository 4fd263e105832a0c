/** Which rows of a long list stand in its visible part. */

export interface Slice {
  readonly from: number;
  readonly to: number;
}

const BESIDE = 4; // rows kept ready above and below

/** `rowPx` is the height of every row; what is measured as zero shows a first screenful. */
export function visibleRows(count: number, rowPx: number, scrollTop: number, height: number): Slice {
  const shown = Math.ceil((height || 400) / rowPx);
  const first = Math.max(0, Math.min(Math.floor(scrollTop / rowPx), count - shown));
  return { from: Math.max(0, first - BESIDE), to: Math.min(count, first + shown + BESIDE) };
}
