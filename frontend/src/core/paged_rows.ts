/** Pages of history, newest first, put together into one list. */

export interface PageOf<Row> {
  readonly rows: readonly Row[];
  /** Where the next page begins; `null` after the last one. */
  readonly next: string | null;
}

/** The pages so far and the one after them. A row that moved to the later page while it was asked for is kept once. */
export function appended<Row>(known: readonly Row[], page: readonly Row[], id: (row: Row) => string): readonly Row[] {
  const seen = new Set(known.map(id));
  return [...known, ...page.filter((row) => !seen.has(id(row)))];
}

/**
 * What is known with the first page read anew. Where the two do not meet, rows are missing in between: then the first
 * page stands alone, and what follows is read again when it is scrolled to.
 */
export function refreshed<Row>(known: PageOf<Row>, first: PageOf<Row>, id: (row: Row) => string): PageOf<Row> {
  const fresh = new Set(first.rows.map(id));
  const meet = first.next === null || known.rows.some((row) => fresh.has(id(row)));
  if (!meet) return first;
  const older = first.next === null ? [] : after(known.rows, fresh, id);
  return { rows: [...first.rows, ...older], next: first.next === null ? null : known.next };
}

/** The known rows that come after the last one that is also on the fresh page. */
function after<Row>(known: readonly Row[], fresh: ReadonlySet<string>, id: (row: Row) => string): readonly Row[] {
  const last = known.findLastIndex((row) => fresh.has(id(row)));
  return known.slice(last + 1);
}
