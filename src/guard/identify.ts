import type { VerifyToken } from '../identity/verify-token.ts';
import { GatewayError } from '../kernel/error.ts';
import type { Layer } from '../kernel/handler.ts';
import type { Principal } from '../kernel/principal.ts';
import type { Admission } from './admission.ts';
import { readBearerToken } from './bearer-token.ts';
import type { Challenge } from './challenge.ts';
import { type HeaderKey, readHeaderKey } from './header-key.ts';
import type { Inbound } from './inbound.ts';

/** The ways in which callers can prove who they are; those that are not configured are absent. */
export interface Ways {
  readonly bearer?: VerifyToken | undefined;
  readonly apiKey?: HeaderKey | undefined;
  readonly serviceKey?: HeaderKey | undefined;
}

/**
 * Finds out who is calling. A proof that is there must be good, also where none is needed: a client that believes to
 * be logged in is told that it is not. Places with `auth: none` look at none, and those with `auth: service` at the
 * internal key alone: a token that comes with it is for the service behind. A way that is not configured is none of
 * the gateway's business, and what comes by it goes on to the service.
 */
export function identify(ways: Ways, challenge: Challenge): Layer<Admission, void> {
  // Not async itself: who proves nothing, or by a key that is known, has nothing to wait for.
  return (next) => (admission, scope) => {
    const { entry, inbound } = admission;
    const { auth } = entry;
    if (auth === 'none') return next(admission, scope);
    let proved: Principal | Promise<Principal> | undefined;
    try {
      proved = auth === 'service' ? proveInternal(ways, inbound) : prove(ways, inbound);
    } catch (error) {
      throw challenge.refused(error, auth);
    }
    if (proved === undefined) {
      if (auth !== 'optional') throw challenge.required(auth);
      return next(admission, scope);
    }
    const enter = (principal: Principal) => {
      admission.identified(principal);
      return next(admission, { ...scope, principal });
    };
    if (!(proved instanceof Promise)) return enter(proved);
    return proved.then(enter, (error) => {
      throw challenge.refused(error, auth);
    });
  };
}

/**
 * A token and an API key together name two callers, and are refused (RFC 6750, section 2, asks for one way at a time).
 * An internal service that sends its key along with a user's proof acts for that user.
 */
function prove(ways: Ways, inbound: Inbound): Principal | Promise<Principal> | undefined {
  const { bearer, apiKey } = ways;
  const internal = proveInternal(ways, inbound);
  const token = bearer && readBearerToken(inbound);
  const key = apiKey && readHeaderKey(apiKey.header, inbound);
  if (token !== undefined && key !== undefined) throw twoProofs(apiKey?.header ?? '');
  if (token !== undefined) return bearer?.(token);
  if (key !== undefined) return apiKey?.verify(key);
  return internal;
}

function proveInternal({ serviceKey }: Ways, inbound: Inbound): Principal | Promise<Principal> | undefined {
  const key = serviceKey && readHeaderKey(serviceKey.header, inbound);
  return key === undefined ? undefined : serviceKey?.verify(key);
}

function twoProofs(header: string): GatewayError {
  return new GatewayError('BAD_REQUEST', `Malformed request: a bearer token and ${header}; send one of them`);
}
