import {
  decodeJwt,
  decodeProtectedHeader,
  errors,
  type JWTPayload,
  type JWTVerifyOptions,
  jwtVerify,
} from 'jose';
import { LRUCache } from 'lru-cache';
import type { Clock } from '../kernel/clock.ts';
import type { Json } from '../kernel/json.ts';
import type { Principal } from '../kernel/principal.ts';
import { type ClaimNames, principalFromClaims } from './claims.ts';
import { KeySetUnavailable } from './key-set.ts';
import { keysUnavailable, tokenExpired, tokenInvalid } from './rejection.ts';
import { createTrustAnchor, type TrustAnchor, type TrustAnchorOptions } from './trust-anchor.ts';

/**
 * Who a bearer token speaks for. Throws a `GatewayError`: UNAUTHENTICATED (`Token expired`, `Invalid token`) with
 * its `WWW-Authenticate`, or a 503 if the keys can't be had.
 */
export type VerifyToken = (token: string) => Promise<Principal>;

/** Tokens that the gateway itself has made, for its accounts. */
export interface OwnTokens {
  readonly anchor: TrustAnchor;
  /** Undefined if a verified token is none of them after all. */
  toPrincipal(payload: JWTPayload): Principal | undefined;
  /** Whether they don't hold any more, though their time has not come. Asked for each request. Never rejects. */
  hasEnded(principal: Principal): boolean | Promise<boolean>;
}

export interface VerifyTokenOptions {
  readonly jwt: readonly TrustAnchorOptions[];
  readonly claims: ClaimNames;
  /** Where relative paths of key files start. */
  readonly folder: string;
  /** Absent: there are no accounts. */
  readonly own?: OwnTokens | undefined;
  readonly clock: Clock;
  readonly logger: { warn(fields: object, message: string): void };
}

/** Bytes, about, of verified tokens that are remembered; an attacker can't fill it, since only good ones get in. */
const REMEMBERED = 16 * 1024 ** 2;
/** Bytes, about, that a principal takes beside the text of its token. */
const PRINCIPAL_SIZE = 1024;
/** Milliseconds that a token is taken as good without another look, so that a key taken back soon stops working. */
const REMEMBERED_FOR = 60_000;
/** What a `kid` may look like: ids, hashes and URLs, but no path climbing, quotes or spaces. */
const KEY_ID = /^(?!.*\.\.)[A-Za-z0-9._~:/?#@!$&()*+,=%|-]{1,256}$/;

interface Remembered {
  readonly principal: Principal;
  readonly isOwn: boolean;
  /** Moment of `Clock.wall` after which the token must be looked at again. */
  readonly until: number;
}

/**
 * Verification of JWTs (RFC 7519, with the advice of RFC 8725) against the configured keys.
 * Throws an Error naming the entry of `auth.jwt` whose key can't be used.
 */
export function createVerifyToken(options: VerifyTokenOptions): VerifyToken {
  const { clock, claims, own } = options;
  const configured = options.jwt.map((entry, index) => anchorOf(entry, index, options));
  const anchors = own === undefined ? configured : [own.anchor, ...configured];
  const remembered = new LRUCache<string, Remembered>({
    maxSize: REMEMBERED,
    sizeCalculation: (_value, token) => token.length + PRINCIPAL_SIZE,
  });

  async function find(token: string): Promise<Remembered> {
    const known = remembered.get(token);
    if (known !== undefined && clock.wall() < known.until) return known;
    remembered.delete(token);
    const { payload, anchor } = await verify(token, anchors, clock.wall());
    const isOwn = anchor === own?.anchor;
    const principal = isOwn
      ? own.toPrincipal(payload)
      : principalFromClaims(payload as Readonly<Record<string, Json>>, claims);
    if (principal === undefined) {
      throw tokenInvalid(isOwn ? 'it is no access token' : `the claim ${claims.id} names nobody`);
    }
    const expiry = payload.exp === undefined ? Infinity : (payload.exp + anchor.clockTolerance) * 1000;
    const found = { principal, isOwn, until: Math.min(expiry, clock.wall() + REMEMBERED_FOR) };
    remembered.set(token, found);
    return found;
  }

  return async (token) => {
    const { principal, isOwn } = await find(token);
    // Also of those that are remembered: a logout must not have to wait until they are forgotten.
    if (isOwn && (await own?.hasEnded(principal))) throw tokenInvalid('the login has ended');
    return principal;
  };
}

function anchorOf(entry: TrustAnchorOptions, index: number, options: VerifyTokenOptions): TrustAnchor {
  const { folder, clock, logger } = options;
  const onFailure = (error: unknown) =>
    logger.warn({ err: error, jwksUri: entry.jwksUri }, 'keys for verifying tokens could not be fetched');
  try {
    return createTrustAnchor(entry, { folder, clock, onFailure });
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new Error(`auth.jwt[${index}]: ${reason}`, { cause: error });
  }
}

interface Verified {
  readonly payload: JWTPayload;
  readonly anchor: TrustAnchor;
}

/** Tries each anchor that the token could belong to; says no more about a failure than the contract does. */
async function verify(token: string, anchors: readonly TrustAnchor[], wall: number): Promise<Verified> {
  let expired: unknown;
  let unavailable: unknown;
  let invalid: unknown;
  for (const anchor of candidates(token, anchors)) {
    try {
      return { payload: await verifyWith(token, anchor, wall), anchor };
    } catch (error) {
      if (error instanceof errors.JWTExpired) expired = error;
      else if (error instanceof KeySetUnavailable) unavailable = error;
      else invalid = error;
    }
  }
  if (expired !== undefined) throw tokenExpired(expired);
  if (unavailable !== undefined) throw keysUnavailable(unavailable);
  throw tokenInvalid(invalid ?? new Error('no configured key goes with this token'));
}

/** By what the token says of itself, which is only a hint: the anchor's own rules are what is enforced. */
function candidates(token: string, anchors: readonly TrustAnchor[]): TrustAnchor[] {
  try {
    const { alg, kid } = decodeProtectedHeader(token);
    const { iss } = decodeJwt(token);
    if (kid !== undefined && (typeof kid !== 'string' || !KEY_ID.test(kid))) return [];
    return anchors.filter(
      (anchor) =>
        anchor.algorithms.includes(alg ?? '') && (anchor.issuer === undefined || anchor.issuer === iss),
    );
  } catch (error) {
    throw tokenInvalid(error);
  }
}

async function verifyWith(token: string, anchor: TrustAnchor, wall: number): Promise<JWTPayload> {
  const options: JWTVerifyOptions = {
    algorithms: [...anchor.algorithms],
    clockTolerance: anchor.clockTolerance,
    currentDate: new Date(wall),
    ...(anchor.issuer === undefined ? {} : { issuer: anchor.issuer }),
    ...(anchor.audience === undefined ? {} : { audience: anchor.audience }),
  };
  try {
    return (await jwtVerify(token, anchor.key, options)).payload;
  } catch (error) {
    // A token without `kid` while the set holds several keys that could fit: one of them may have signed it.
    if (!(error instanceof errors.JWKSMultipleMatchingKeys)) throw error;
    for await (const key of error) {
      try {
        return (await jwtVerify(token, key, options)).payload;
      } catch (reason) {
        if (!(reason instanceof errors.JWSSignatureVerificationFailed)) throw reason;
      }
    }
    throw error;
  }
}
