import { suggestion } from '../kernel/problem.ts';
import type { Upstream } from '../upstream/upstream.ts';
import { CallError } from './call-error.ts';
import type { Exchanges } from './exchange.ts';
import type { ResolverRequest } from './resolver-context.ts';

/** Methods that change nothing (RFC 9110, 9.2.1): the same call need not be made twice. */
const SAFE = new Set(['GET', 'HEAD', 'OPTIONS']);

/**
 * A resolver's own call, under the policies of the service and among the calls of the operation.
 * Gives the answer's JSON, undefined for an empty body. Throws a `CallError` on anything but a 2xx answer in
 * JSON, a plain `Error` if there is no such service or the path is not one.
 */
export async function callService(
  exchanges: Exchanges,
  service: string,
  request: ResolverRequest,
  upstreams: ReadonlyMap<string, Upstream>,
): Promise<unknown> {
  if (!upstreams.has(service))
    throw new Error(`There is no service "${service}".${suggestion(service, upstreams.keys())}`);
  if (!request.path.startsWith('/')) throw new Error(`The path "${request.path}" must start with "/"`);
  const method = (request.method ?? 'GET').toUpperCase();
  const { status, payload } = await exchanges.send({
    service,
    method,
    path: withQuery(request.path, request.query),
    headers: headersOf(request),
    body: request.body === undefined ? undefined : JSON.stringify(request.body),
    mutates: !SAFE.has(method),
    stale: 0,
    accept: () => false,
  });
  if (status < 200 || status > 299) {
    const message = `Service "${service}" answered with status ${status}`;
    throw new CallError('UPSTREAM_STATUS', { connector: undefined, service, status, message });
  }
  if (payload.kind === 'json') return payload.value;
  const cause = payload.kind === 'broken' ? payload.cause : new Error('The body is not JSON');
  throw new CallError('UPSTREAM_INVALID', { connector: undefined, service, status, cause });
}

function withQuery(path: string, query: ResolverRequest['query'] = {}): string {
  const search = new URLSearchParams();
  for (const [name, value] of Object.entries(query)) {
    for (const one of Array.isArray(value) ? value : [value]) {
      if (one !== undefined && one !== null) search.append(name, String(one));
    }
  }
  if (search.size === 0) return path;
  return `${path}${path.includes('?') ? '&' : '?'}${search}`;
}

function headersOf(request: ResolverRequest): string[] {
  const given = Object.entries(request.headers ?? {});
  const names = new Set(given.map(([name]) => name.toLowerCase()));
  const headers = given.flat();
  if (!names.has('accept')) headers.push('accept', 'application/json');
  if (request.body !== undefined && !names.has('content-type'))
    headers.push('content-type', 'application/json');
  return headers;
}
