import { compileOrigins } from '../guard/cors.ts';
import { GatewayError } from '../kernel/error.ts';
import { getHeader } from '../kernel/headers.ts';
import type { Headers } from '../kernel/scope.ts';
import { mediaTypeOf } from './media-type.ts';

/** Headers that no page can add unless its browser has asked the gateway first: the usual names for saying so. */
const ASKED_FIRST: ReadonlySet<string> = new Set([
  'apollo-require-preflight',
  'graphql-require-preflight',
  'x-apollo-operation-name',
  'x-graphql-yoga-csrf',
]);

/** Content types that a page may send without its browser asking first (Fetch standard, "CORS-safelisted request-header"). */
const SIMPLE: ReadonlySet<string> = new Set([
  'application/x-www-form-urlencoded',
  'multipart/form-data',
  'text/plain',
]);

/**
 * Refuses a GET that a page of another site has made a browser send, with whatever cookies it holds: by
 * `Sec-Fetch-Site` (Fetch Metadata), which pages can't forge. Let through are pages whose origin `server.cors` allows,
 * and requests that the browser has asked for first. Who sends no such header is no browser, or an old one: there a
 * GET that never changes anything has to do. Throws FORBIDDEN.
 */
export function createCrossSiteCheck(origins: readonly string[]): (headers: Headers) => void {
  const isAllowed = origins.includes('*') ? () => true : compileOrigins(origins);
  return (headers) => {
    const site = getHeader(headers, 'sec-fetch-site');
    if (site !== 'cross-site' && site !== 'same-site') return;
    const origin = getHeader(headers, 'origin');
    if (wasAskedFirst(headers) || (origin !== undefined && isAllowed(origin))) return;
    throw new GatewayError(
      'FORBIDDEN',
      'Pages of other sites need to be named in server.cors, or a header such as GraphQL-Require-Preflight',
      { headers: { 'Cache-Control': 'no-store' } },
    );
  };
}

function wasAskedFirst(headers: Headers): boolean {
  const type = getHeader(headers, 'content-type');
  if (type !== undefined && !SIMPLE.has(mediaTypeOf(type))) return true;
  return headers.some((name, i) => i % 2 === 0 && ASKED_FIRST.has(name.toLowerCase()));
}
