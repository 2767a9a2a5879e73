import { GatewayError } from '../kernel/error.ts';
import { getHeaderValues } from '../kernel/headers.ts';
import type { Headers } from '../kernel/scope.ts';

/** Where a request's body ends, as its head tells. `unknown`: chunked. */
export type BodyLength = number | 'unknown';

/**
 * Checks the headers by which two parties could see different requests in the same bytes (RFC 9112, section 6.3),
 * and gives the length of the body in bytes. Node's parser refuses most of these shapes by itself; a gateway does
 * not bet on that. Throws BAD_REQUEST.
 */
export function checkFraming(headers: Headers, version: string): BodyLength {
  const lengths = getHeaderValues(headers, 'content-length');
  const codings = getHeaderValues(headers, 'transfer-encoding');
  if (codings.length > 0) {
    // HTTP/1.0 has no chunks: who stands before this gateway may not have seen any.
    if (version === '1.0') throw bad('Transfer-Encoding in HTTP/1.0');
    if (lengths.length > 0) throw bad('Content-Length together with Transfer-Encoding');
    if (codings.length > 1 || codings[0]?.trim().toLowerCase() !== 'chunked') {
      throw bad('Transfer-Encoding other than chunked');
    }
    return 'unknown';
  }
  if (lengths.length === 0) return 0;
  if (lengths.length > 1) throw bad('bad Content-Length');
  return parseLength(lengths[0] as string);
}

/** The only `Content-Length` of a request, in bytes. Throws BAD_REQUEST. */
export function parseLength(text: string): number {
  if (!/^\d{1,15}$/.test(text)) throw bad('bad Content-Length');
  return Number(text);
}

/** Headers whose second copy one party could read and the other not. Throws BAD_REQUEST. */
export function checkSingle(headers: Headers, names: readonly string[]): void {
  for (const name of names) {
    if (getHeaderValues(headers, name).length > 1) throw bad(`more than one ${name} header`);
  }
}

function bad(what: string): GatewayError {
  return new GatewayError('BAD_REQUEST', `Malformed request: ${what}`);
}
