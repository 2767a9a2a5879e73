import { randomUUID } from 'node:crypto';
import { type CryptoKey, exportJWK, generateKeyPair, type JWK, jwtVerify, SignJWT } from 'jose';

/** Access tokens of the service, signed with a key that is made anew with each start. */
export interface Tokens {
  /** For an hour. */
  sign(id: string, email: string): Promise<string>;
  /** Id of whom a token is for; undefined for one that is not good. */
  read(token: string): Promise<string | undefined>;
  /** What the gateway verifies tokens with (RFC 7517). */
  keySet(): Promise<{ readonly keys: readonly JWK[] }>;
}

const ISSUER = 'auth-service';

interface Keys {
  readonly privateKey: CryptoKey;
  readonly publicKey: CryptoKey;
}

export function createTokens(): Tokens {
  const kid = randomUUID();
  const made: Promise<Keys> = generateKeyPair('ES256', { extractable: true });
  return {
    async sign(id, email) {
      const { privateKey } = await made;
      return new SignJWT({ email })
        .setSubject(id)
        .setIssuer(ISSUER)
        .setProtectedHeader({ alg: 'ES256', kid, typ: 'JWT' })
        .setIssuedAt()
        .setExpirationTime('1h')
        .sign(privateKey);
    },
    async read(token) {
      const { publicKey } = await made;
      const verified = await jwtVerify(token, publicKey, { issuer: ISSUER }).catch(() => undefined);
      return verified?.payload.sub;
    },
    async keySet() {
      const { publicKey } = await made;
      return { keys: [{ ...(await exportJWK(publicKey)), kid, alg: 'ES256', use: 'sig' }] };
    },
  };
}
