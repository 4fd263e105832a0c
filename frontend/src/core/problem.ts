/** Why something did not come about: a value, never an exception. */
import type { Order, Problem as ProblemDocument } from './schema';

/**
 * - `network`: nothing could be reached; whether it arrived is unknown.
 * - `timeout`: no answer in time; whether it arrived is unknown.
 * - `problem`: the desk's own words (RFC 9457).
 */
export type ProblemKind = 'network' | 'timeout' | 'problem';

export interface Problem {
  kind: ProblemKind;
  /** HTTP status; 0 where no answer came. */
  status: number;
  /** Stable: `not_signed_in`, `amount_off_step` …; `network` and `timeout` where no answer came. */
  code: string;
  detail: string;
  field: string | null;
  exchangeCode: string | null;
  exchangeMessage: string | null;
  /** The order as it stands, where the request made one that was refused. */
  order: Order | null;
}

export type Answer<Body> = { ok: true; status: number; body: Body } | { ok: false; problem: Problem };

/** Nothing came back. `detail` is for logs; the page words these two itself, by `code`. */
export function unanswered(kind: 'network' | 'timeout'): Problem {
  return {
    kind,
    status: 0,
    code: kind,
    detail: kind === 'timeout' ? 'no answer in time' : 'the desk cannot be reached',
    field: null,
    exchangeCode: null,
    exchangeMessage: null,
    order: null,
  };
}

/** The problem in an answer's body; what is none (a proxy's HTML) becomes one of its status. */
export function problemOf(status: number, body: unknown): Problem {
  const said = isDocument(body) ? body : null;
  return {
    kind: 'problem',
    status,
    code: said?.code ?? `http_${status}`,
    detail: said?.detail ?? `the desk answered ${status}`,
    field: said?.field ?? null,
    exchangeCode: said?.exchange_code ?? null,
    exchangeMessage: said?.exchange_message ?? null,
    order: said?.order ?? null,
  };
}

/** Whether the outcome is open: the request may have arrived. */
export function isUnanswered(problem: Problem): boolean {
  // A gateway's word is not the desk's: the desk itself answers 503 with a code of its own.
  return problem.kind !== 'problem' || (problem.code.startsWith('http_') && problem.status >= 500);
}

function isDocument(body: unknown): body is ProblemDocument {
  return typeof body === 'object' && body !== null && typeof (body as { code?: unknown }).code === 'string';
}
