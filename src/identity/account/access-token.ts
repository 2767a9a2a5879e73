import { type JWTPayload, SignJWT } from 'jose';
import type { Json } from '../../kernel/json.ts';
import type { Principal } from '../../kernel/principal.ts';
import type { TrustAnchor } from '../trust-anchor.ts';
import { SIGNING_ALGORITHM, type SigningKey } from './signing-key-store.ts';
import type { SigningKeys } from './signing-keys.ts';

/** `iss` of every token of the gateway's own. */
export const ISSUER = 'portico';
/** Seconds that the clocks of two gateways may differ. */
const CLOCK_TOLERANCE = 5;

/** Whom a token speaks for. */
export interface TokenSubject {
  readonly id: string;
  readonly username: string;
  readonly roles: readonly string[];
  readonly scopes: readonly string[];
}

export interface TokenTerms {
  /** The login that it came of. */
  readonly familyId: string;
  /** Milliseconds since 1970. */
  readonly wall: number;
  /** Milliseconds that it is good for; whole seconds count. */
  readonly ttl: number;
}

/** Milliseconds since 1970 after which nobody takes a token of these terms any more. */
export function acceptedUntil({ wall, ttl }: Pick<TokenTerms, 'wall' | 'ttl'>): number {
  return (Math.floor(wall / 1000) + Math.floor(ttl / 1000) + CLOCK_TOLERANCE) * 1000;
}

/**
 * A signed JWT with `iss sub username roles scope sid jti iat exp` (RFC 7519; `sid` names the login). There is no `aud`:
 * services that verify it would have to be told of it, and it is meant for whatever lies behind the gateway.
 */
export function mintAccessToken(subject: TokenSubject, key: SigningKey, terms: TokenTerms): Promise<string> {
  const issued = Math.floor(terms.wall / 1000);
  return new SignJWT({
    username: subject.username,
    roles: [...subject.roles],
    ...(subject.scopes.length === 0 ? {} : { scope: subject.scopes.join(' ') }),
    sid: terms.familyId,
  })
    .setProtectedHeader({ alg: SIGNING_ALGORITHM, kid: key.kid, typ: 'JWT' })
    .setIssuer(ISSUER)
    .setSubject(subject.id)
    .setJti(crypto.randomUUID())
    .setIssuedAt(issued)
    .setExpirationTime(issued + Math.floor(terms.ttl / 1000))
    .sign(key.privateKey);
}

/** What such a token must fulfil: the one algorithm, the issuer, and a key of ours. */
export function accessTokenAnchor(keys: SigningKeys): TrustAnchor {
  return {
    key: keys.verifying,
    algorithms: [SIGNING_ALGORITHM],
    issuer: ISSUER,
    audience: undefined,
    clockTolerance: CLOCK_TOLERANCE,
  };
}

/** The principal of a verified token; undefined if it is none of `mintAccessToken`. */
export function accountPrincipal(payload: JWTPayload): Principal | undefined {
  const { sub, username, roles, scope, sid, exp } = payload;
  if (typeof sub !== 'string' || typeof username !== 'string' || typeof sid !== 'string') return undefined;
  if (!Array.isArray(roles) || typeof exp !== 'number') return undefined;
  return Object.freeze({
    via: 'account',
    id: sub,
    name: username,
    roles: roles.map(String),
    scopes: typeof scope === 'string' ? scope.split(' ') : [],
    claims: payload as Readonly<Record<string, Json>>,
  });
}
