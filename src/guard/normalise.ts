import type { IncomingMessage, ServerResponse } from 'node:http';
import { GatewayError } from '../kernel/error.ts';
import { isAuthority } from './authority.ts';
import { type BodyLength, checkFraming, checkSingle, parseLength } from './framing.ts';
import { type Head, readHead } from './head.ts';
import type { Inbound } from './inbound.ts';
import { normaliseTarget } from './normal-path.ts';

/** A request that has exactly one reading. */
export interface Normal {
  readonly inbound: Inbound;
  /** What the client asked for, with port if it gave one; empty for an HTTP/1.0 request without Host. */
  readonly host: string;
  readonly bodyLength: BodyLength;
}

/** Methods that no route can answer: TRACE would show a client what the gateway adds on the way. */
const REFUSED = new Set(['TRACE', 'TRACK', 'CONNECT']);
const SINGLE = ['host', 'authorization', 'content-type'];

/**
 * Brings a request into normal form, so that what is judged is what is forwarded.
 * `maxTarget` in characters; `head` if it has been read already. Throws BAD_REQUEST, URI_TOO_LONG, METHOD_NOT_ALLOWED.
 */
export function normalise(
  request: IncomingMessage,
  response: ServerResponse,
  maxTarget: number,
  head: Head = readHead(request.rawHeaders),
): Normal {
  const target = request.url ?? '';
  if (target.length > maxTarget) throw new GatewayError('URI_TOO_LONG', 'The URL is too long');
  const bodyLength = readBodyLength(request, head);
  const method = request.method ?? '';
  if (REFUSED.has(method)) throw new GatewayError('METHOD_NOT_ALLOWED', 'Method not allowed');
  const { authority, origin } = splitTarget(target, method);
  const host = authority ?? head.host;
  checkHost(host, request.httpVersion);
  const { path, query } = origin === '*' ? { path: '*', query: '' } : normaliseTarget(origin);
  const { rawHeaders, headers } = request;
  return {
    inbound: { method, path, query, rawHeaders, headers, request, response },
    host: host ?? '',
    bodyLength,
  };
}

function readBodyLength({ rawHeaders, httpVersion }: IncomingMessage, head: Head): BodyLength {
  if (!head.isUnclear) return head.contentLength === undefined ? 0 : parseLength(head.contentLength);
  const length = checkFraming(rawHeaders, httpVersion);
  checkSingle(rawHeaders, SINGLE);
  return length;
}

/** The four forms of a request target (RFC 9112, section 3.2), without that of CONNECT. */
function splitTarget(target: string, method: string): { authority: string | undefined; origin: string } {
  if (target.startsWith('/')) return { authority: undefined, origin: target };
  if (target === '*' && method === 'OPTIONS') return { authority: undefined, origin: '*' };
  const absolute = /^https?:\/\/([^/?#]*)(.*)$/is.exec(target);
  if (absolute === null) throw new GatewayError('BAD_REQUEST', 'Malformed request target');
  const rest = absolute[2] as string;
  // A path may be missing there, and is `/` then.
  return { authority: absolute[1] as string, origin: rest.startsWith('/') ? rest : `/${rest}` };
}

/** In absolute form the target's own host counts, and a Host header beside it is not looked at. */
function checkHost(host: string | undefined, version: string): void {
  if (host === undefined) {
    if (version === '1.0') return;
    throw new GatewayError('BAD_REQUEST', 'Malformed request: no Host header');
  }
  if (!isAuthority(host)) throw new GatewayError('BAD_REQUEST', 'Malformed request: bad Host header');
}
