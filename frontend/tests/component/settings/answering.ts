import { vi } from 'vitest';

export interface Sent {
  method: string;
  path: string;
  body: unknown;
}

interface Said {
  status?: number;
  body?: unknown;
}

/** `METHOD /path` → what the desk says; `lost`: the line breaks. */
export type Routes = Record<string, (body: unknown) => Said | 'lost' | Promise<Said | 'lost'>>;

/** The desk's REST API by its routes; the answer is all that was sent. What is not routed is not there. */
export function answering(routes: Routes): Sent[] {
  const sent: Sent[] = [];
  vi.stubGlobal('fetch', async (url: string, init: RequestInit) => {
    const { pathname } = new URL(url, 'http://desk');
    const method = init.method ?? 'GET';
    const body: unknown = typeof init.body === 'string' ? JSON.parse(init.body) : undefined;
    sent.push({ method, path: pathname, body });
    const said = await (routes[`${method} ${pathname}`]?.(body) ?? problem(404, 'not_found'));
    if (said === 'lost') throw new TypeError('Failed to fetch');
    return new Response(said.body === undefined ? null : JSON.stringify(said.body), { status: said.status ?? 200 });
  });
  return sent;
}

export function problem(status: number, code: string, field: string | null = null): Said {
  return { status, body: { type: code, title: code, status, code, detail: `the desk says ${code}`, field } };
}

/** Every secret place of the page: its markup, and what its fields hold. */
export function onThePage(): string {
  const fields = [...document.querySelectorAll('input, textarea, select')] as HTMLInputElement[];
  return document.documentElement.outerHTML + fields.map(({ value }) => value).join('\n');
}
