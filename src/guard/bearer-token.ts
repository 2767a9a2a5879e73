import { tokenInvalid } from '../identity/rejection.ts';
import type { Inbound } from './inbound.ts';

const BEARER = /^bearer(?: +(.*))?$/i;

/**
 * The bearer token of a request (RFC 6750, section 2.1); undefined if there is no `Authorization`, or one of another
 * scheme. Throws UNAUTHENTICATED for the scheme without a token.
 */
export function readBearerToken({ headers: { authorization } }: Inbound): string | undefined {
  const match = authorization === undefined ? null : BEARER.exec(authorization);
  if (match === null) return undefined;
  if (match[1] === undefined || match[1] === '') throw tokenInvalid('a Bearer scheme without a token');
  return match[1];
}
