/** A list of history that is read page by page as it is scrolled, and whose newest rows come in live. */
import { appended, refreshed, type PageOf } from '../core/paged_rows';
import type { Answer, Problem } from '../core/problem';

/** More than anybody scrolls through; who wants all of it takes the file. */
const ROWS_AT_MOST = 10_000;

export class Paged<Row> {
  rows = $state.raw<readonly Row[]>([]);
  next = $state<string | null>(null);
  loading = $state(false);
  /** Whether the first page has come. */
  ready = $state(false);
  problem = $state.raw<Problem | null>(null);

  readonly #ask: (page: string | null, signal: AbortSignal) => Promise<Answer<PageOf<Row>>>;
  readonly #id: (row: Row) => string;
  #asking = new AbortController();

  constructor(
    ask: (page: string | null, signal: AbortSignal) => Promise<Answer<PageOf<Row>>>,
    id: (row: Row) => string,
  ) {
    this.#ask = ask;
    this.#id = id;
  }

  /** From the start, because what is asked for is another thing now. */
  async reload(): Promise<void> {
    this.#asking.abort();
    this.#asking = new AbortController();
    this.loading = false;
    await this.#read(null, (page) => page);
  }

  /** The page after the last one; nothing if there is none, or one is on its way. */
  async more(): Promise<void> {
    if (this.loading || this.problem || this.next === null || this.rows.length >= ROWS_AT_MOST) return;
    await this.#read(this.next, ({ rows, next }) => ({ rows: appended(this.rows, rows, this.#id), next }));
  }

  /** The newest rows, without losing the place. */
  async refresh(): Promise<void> {
    if (this.loading) return;
    await this.#read(null, (page) =>
      this.ready ? refreshed({ rows: this.rows, next: this.next }, page, this.#id) : page,
    );
  }

  stop(): void {
    this.#asking.abort();
  }

  async #read(page: string | null, put: (page: PageOf<Row>) => PageOf<Row>): Promise<void> {
    const { signal } = this.#asking;
    this.loading = true;
    this.problem = null;
    const answer = await this.#ask(page, signal);
    if (signal.aborted) return;
    this.loading = false;
    if (!answer.ok) {
      this.problem = answer.problem;
      return;
    }
    const { rows, next } = put(answer.body);
    this.rows = rows;
    this.next = next;
    this.ready = true;
  }
}
