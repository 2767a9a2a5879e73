import { GatewayError } from '../kernel/error.ts';

const REALM = 'Bearer realm="portico"';

/**
 * No proof was given where one is needed; `challenge` names the ways to give one. RFC 6750, section 3.1: then no error
 * code is told.
 */
export function authenticationRequired(challenge: string = REALM): GatewayError {
  return new GatewayError('UNAUTHENTICATED', 'Authentication required', {
    headers: { 'WWW-Authenticate': challenge },
  });
}

/** The token was good once. Said only after its signature has been verified. */
export function tokenExpired(cause?: unknown): GatewayError {
  return tokenRejected('Token expired', cause);
}

/** The token is no good; `cause` says why to the log, the client is never told. */
export function tokenInvalid(cause?: unknown): GatewayError {
  return tokenRejected('Invalid token', cause);
}

function tokenRejected(message: string, cause: unknown): GatewayError {
  return new GatewayError('UNAUTHENTICATED', message, {
    // The reason only: jose's errors carry the claims, which don't belong in a log.
    cause: cause instanceof Error ? cause.message : cause,
    headers: {
      'WWW-Authenticate': `${REALM}, error="invalid_token", error_description="${message}"`,
    },
  });
}

/** A key that is none, or none any more. `WWW-Authenticate` is added by who knows where keys are looked for. */
export function keyInvalid(cause?: string): GatewayError {
  return new GatewayError('UNAUTHENTICATED', 'Invalid token', { cause });
}

/** The key was good once. Said only to who holds it. */
export function keyExpired(cause?: string): GatewayError {
  return new GatewayError('UNAUTHENTICATED', 'Token expired', { cause });
}

/** The caller is known, but holds none of the roles asked for. */
export function forbidden(): GatewayError {
  return new GatewayError('FORBIDDEN', 'Forbidden');
}

/** The caller is known, but its token holds none of the scopes asked for (RFC 6750, section 3.1). */
export function insufficientScope(): GatewayError {
  return new GatewayError('FORBIDDEN', 'Forbidden', {
    headers: { 'WWW-Authenticate': `${REALM}, error="insufficient_scope"` },
  });
}

/**
 * The keys that would tell whether the token is good can't be had right now. It isn't the caller's fault, so
 * not a 401 (which would make clients throw good tokens away), and another try makes sense.
 */
export function keysUnavailable(cause: unknown): GatewayError {
  return new GatewayError('UPSTREAM_UNREACHABLE', 'Service unavailable', {
    cause,
    status: 503,
    retryAfter: 5,
  });
}
