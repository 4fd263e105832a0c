/** The desk's REST API: typed by its OpenAPI, with a deadline, and with problems as values. */
import { problemOf, unanswered, type Answer } from './problem';
import type { paths } from './schema';
import type { Sparse } from './wire';

type Method = 'get' | 'post' | 'put' | 'patch' | 'delete';
export type PathWith<M extends Method> = {
  [P in keyof paths]: M extends keyof paths[P] ? (Exclude<paths[P][M], undefined> extends never ? never : P) : never;
}[keyof paths] &
  string;

type Operation<P extends keyof paths, M extends Method> = M extends keyof paths[P]
  ? Exclude<paths[P][M], undefined>
  : never;
type Json<Response> = Response extends { content: { 'application/json': infer Body } } ? Body : undefined;
type Good = 200 | 201 | 202 | 204;
export type AnswerOf<P extends keyof paths, M extends Method> =
  Operation<P, M> extends { responses: infer Responses }
    ? { [Status in keyof Responses & Good]: Json<Responses[Status]> }[keyof Responses & Good]
    : never;

type Part<T, Name extends string> = T extends { [Key in Name]?: infer Value } ? Exclude<Value, undefined> : never;
type BodyOf<P extends keyof paths, M extends Method> = Json<Part<Operation<P, M>, 'requestBody'>>;
type QueryOf<P extends keyof paths, M extends Method> = Part<Part<Operation<P, M>, 'parameters'>, 'query'>;
type PlaceholdersOf<P extends string> = P extends `${string}{${infer Name}}${infer Rest}`
  ? Name | PlaceholdersOf<Rest>
  : never;

export interface Question {
  /** The caller's own end of it: what was aborted is answered as `network`. */
  signal?: AbortSignal;
  timeoutMs?: number;
  /** Idempotency-Key of a command. */
  key?: string;
}

export type Asked<P extends keyof paths & string, M extends Method> = Question & {
  query?: QueryOf<P, M>;
} & (PlaceholdersOf<P> extends never ? unknown : { path: Record<PlaceholdersOf<P>, string> }) &
  (BodyOf<P, M> extends undefined ? unknown : { body: Sparse<BodyOf<P, M>> });

type Arguments<P extends keyof paths & string, M extends Method> =
  object extends Asked<P, M> ? [asked?: Asked<P, M>] : [asked: Asked<P, M>];

const TIMEOUT_MS = 10_000;

interface Loose extends Question {
  query?: unknown;
  path?: Record<string, string>;
  body?: unknown;
}

export class Api {
  private readonly fetch: typeof fetch;
  private readonly signedOut = new Set<() => void>();

  constructor(fetcher: typeof fetch) {
    this.fetch = fetcher;
  }

  /** Told each time the desk answers that nobody is signed in. */
  onSignedOut(listener: () => void): () => void {
    this.signedOut.add(listener);
    return () => this.signedOut.delete(listener);
  }

  get<P extends PathWith<'get'>>(path: P, ...[asked]: Arguments<P, 'get'>): Promise<Answer<AnswerOf<P, 'get'>>> {
    return this.send('get', path, asked);
  }

  post<P extends PathWith<'post'>>(path: P, ...[asked]: Arguments<P, 'post'>): Promise<Answer<AnswerOf<P, 'post'>>> {
    return this.send('post', path, asked);
  }

  put<P extends PathWith<'put'>>(path: P, ...[asked]: Arguments<P, 'put'>): Promise<Answer<AnswerOf<P, 'put'>>> {
    return this.send('put', path, asked);
  }

  patch<P extends PathWith<'patch'>>(
    path: P,
    ...[asked]: Arguments<P, 'patch'>
  ): Promise<Answer<AnswerOf<P, 'patch'>>> {
    return this.send('patch', path, asked);
  }

  delete<P extends PathWith<'delete'>>(
    path: P,
    ...[asked]: Arguments<P, 'delete'>
  ): Promise<Answer<AnswerOf<P, 'delete'>>> {
    return this.send('delete', path, asked);
  }

  private async send<Body>(method: Method, path: string, asked: Loose = {}): Promise<Answer<Body>> {
    const deadline = new AbortController();
    const timer = setTimeout(() => deadline.abort('timeout'), asked.timeoutMs ?? TIMEOUT_MS);
    const abort = (): void => deadline.abort('aborted');
    asked.signal?.addEventListener('abort', abort);
    if (asked.signal?.aborted) abort();
    try {
      const response = await this.fetch(addressOf(path, asked), requestOf(method, asked, deadline.signal));
      return this.read<Body>(response.status, response.ok, await response.text());
    } catch {
      // fetch rejects with many names for "no answer"; whose doing it was is in the signal
      return { ok: false, problem: unanswered(deadline.signal.reason === 'timeout' ? 'timeout' : 'network') };
    } finally {
      clearTimeout(timer);
      asked.signal?.removeEventListener('abort', abort);
    }
  }

  private read<Body>(status: number, ok: boolean, text: string): Answer<Body> {
    const body = parsed(text);
    if (ok && (body !== undefined || text === '')) return { ok: true, status, body: body as Body };
    const problem = problemOf(status, body);
    if (status === 401 && problem.code === 'not_signed_in') for (const listener of this.signedOut) listener();
    return { ok: false, problem };
  }
}

/** Looks `fetch` up anew each time: it belongs to the window. */
export const api = new Api((input, init) => fetch(input, init));

function requestOf(method: Method, asked: Loose, signal: AbortSignal): RequestInit {
  const headers: Record<string, string> = { 'X-Hedgerow': '1' };
  if (asked.body !== undefined) headers['Content-Type'] = 'application/json';
  if (asked.key !== undefined) headers['Idempotency-Key'] = asked.key;
  return {
    method: method.toUpperCase(),
    headers,
    credentials: 'same-origin',
    cache: 'no-store',
    signal,
    ...(asked.body === undefined ? {} : { body: JSON.stringify(asked.body) }),
  };
}

function addressOf(path: string, { path: places = {}, query }: Loose): string {
  const filled = path.replace(/\{(\w+)\}/g, (_, name: string) => encodeURIComponent(places[name] ?? ''));
  const search = new URLSearchParams();
  for (const [name, value] of Object.entries((query ?? {}) as Record<string, unknown>)) {
    for (const each of Array.isArray(value) ? value : [value]) {
      if (each !== undefined && each !== null) search.append(name, String(each));
    }
  }
  const asked = search.toString();
  return asked === '' ? filled : `${filled}?${asked}`;
}

function parsed(text: string): unknown {
  try {
    return text === '' ? undefined : JSON.parse(text);
  } catch {
    return undefined;
  }
}
