import { createHash } from 'node:crypto';

/** What a client gets to see of an answer. */
export interface DocumentAnswer {
  readonly status: number;
  readonly headers: Headers;
  readonly body: unknown;
}

interface Endpoint {
  readonly url: string;
}

/** The hash that a document goes by. */
export function sha256(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}

/** What Apollo's clients put into `extensions` to name a document. */
export function persistedQuery(text: string): object {
  return { persistedQuery: { version: 1, sha256Hash: sha256(text) } };
}

/** POSTs whatever parameters. */
export async function post(
  { url }: Endpoint,
  parameters: object,
  headers: Readonly<Record<string, string>> = {},
): Promise<DocumentAnswer> {
  const response = await fetch(url, {
    method: 'POST',
    headers: { 'content-type': 'application/json', accept: 'application/json', ...headers },
    body: JSON.stringify(parameters),
  });
  return { status: response.status, headers: response.headers, body: (await response.json()) as unknown };
}

/** The same by GET; what is no string goes as JSON. */
export async function get(
  { url }: Endpoint,
  parameters: Readonly<Record<string, unknown>>,
  headers: Readonly<Record<string, string>> = {},
): Promise<DocumentAnswer> {
  const search = new URLSearchParams();
  for (const [name, value] of Object.entries(parameters))
    search.set(name, typeof value === 'string' ? value : JSON.stringify(value));
  const response = await fetch(`${url}?${search}`, { headers: { accept: 'application/json', ...headers } });
  return { status: response.status, headers: response.headers, body: (await response.json()) as unknown };
}
