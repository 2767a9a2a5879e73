import { generateKeyPairSync, type KeyObject } from 'node:crypto';
import { type JWTPayload, SignJWT } from 'jose';

/** The shared secret of test configurations: `auth: { jwt: [{ secret: … }] }`. */
export const TEST_SECRET = 'a secret for tests, and for nothing else';

export interface TokenOptions {
  readonly key?: string | KeyObject;
  readonly alg?: string;
  /** Header parameters beside `alg`. */
  readonly header?: Readonly<Record<string, unknown>>;
  /** Milliseconds since 1970 that the token is made at; now if absent. */
  readonly wall?: number;
  /** Seconds until it expires; may be negative. Default: an hour. `null`: it never does. */
  readonly ttl?: number | null;
}

/** A signed JWT with these claims; by default one that `TEST_SECRET` verifies and that is good for an hour. */
export async function mintToken(
  claims: JWTPayload = { sub: 'u1' },
  options: TokenOptions = {},
): Promise<string> {
  const { key = TEST_SECRET, alg = 'HS256', header = {}, wall = Date.now(), ttl = 3600 } = options;
  const issued = Math.floor(wall / 1000);
  const token = new SignJWT({ iat: issued, ...(ttl === null ? {} : { exp: issued + ttl }), ...claims });
  return token
    .setProtectedHeader({ ...header, alg })
    .sign(typeof key === 'string' ? new TextEncoder().encode(key) : key);
}

/** A token put together by hand, for what no library would make. `signature` in base64url. */
export function forgeToken(header: object, claims: object, signature = ''): string {
  const part = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url');
  return `${part(header)}.${part(claims)}.${signature}`;
}

/** A fresh key pair with its public half as PEM text and as JWK. */
export function makeKeys(type: 'rsa' | 'ec' | 'ed25519' = 'rsa') {
  const pair =
    type === 'rsa'
      ? generateKeyPairSync('rsa', { modulusLength: 2048 })
      : type === 'ec'
        ? generateKeyPairSync('ec', { namedCurve: 'P-256' })
        : generateKeyPairSync('ed25519');
  return {
    privateKey: pair.privateKey,
    publicKey: pair.publicKey,
    pem: pair.publicKey.export({ type: 'spki', format: 'pem' }).toString(),
    jwk: pair.publicKey.export({ format: 'jwk' }),
  };
}
