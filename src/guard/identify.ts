import { authenticationRequired, tokenInvalid } from '../identity/rejection.ts';
import type { VerifyToken } from '../identity/verify-token.ts';
import type { Layer } from '../kernel/handler.ts';
import type { Admission } from './admission.ts';

const BEARER = /^bearer(?: +(.*))?$/i;

/**
 * Finds out who is calling, by the bearer token (RFC 6750). A token that is there must be good, also where none is
 * needed: a client that believes to be logged in is told that it is not. Places with `auth: none` look at none.
 * Without `verify` there is no way to prove anything, and a token is none of the gateway's business.
 */
export function identify(verify: VerifyToken | undefined): Layer<Admission, void> {
  // Not async itself: who proves nothing has nothing to wait for.
  return (next) => (admission, scope) => {
    const { entry, inbound } = admission;
    if (entry.auth === 'none') return next(admission, scope);
    const token = verify && bearerToken(inbound.headers.authorization);
    if (verify === undefined || token === undefined) {
      if (entry.auth !== 'optional') throw authenticationRequired();
      return next(admission, scope);
    }
    return verify(token).then((principal) => {
      admission.identified(principal);
      return next(admission, { ...scope, principal });
    });
  };
}

/** Undefined if the header is absent or of another scheme. Throws UNAUTHENTICATED for a scheme without a token. */
function bearerToken(header: string | undefined): string | undefined {
  const match = header === undefined ? null : BEARER.exec(header);
  if (match === null) return undefined;
  if (match[1] === undefined || match[1] === '') throw tokenInvalid('a Bearer scheme without a token');
  return match[1];
}
