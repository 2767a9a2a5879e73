import { createPublicKey, createSecretKey, type KeyObject } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import type { JWTVerifyGetKey } from 'jose';
import type { Clock } from '../kernel/clock.ts';
import { createKeySet } from './key-set.ts';

/** One way to verify tokens, as the configuration gives it: exactly one of the three kinds of key. */
export interface TrustAnchorOptions {
  readonly secret?: string | undefined;
  /** PEM text, or the path of a PEM file. */
  readonly publicKey?: string | undefined;
  readonly jwksUri?: string | undefined;
  readonly issuer?: string | undefined;
  readonly audience?: string | readonly string[] | undefined;
  readonly algorithms?: readonly string[] | undefined;
  /** Milliseconds that clocks may differ. */
  readonly clockTolerance: number;
}

/** A key with everything that a token verified by it must fulfil. */
export interface TrustAnchor {
  readonly key: KeyObject | JWTVerifyGetKey;
  readonly algorithms: readonly string[];
  readonly issuer: string | undefined;
  readonly audience: string | string[] | undefined;
  /** Seconds. */
  readonly clockTolerance: number;
}

const HMAC = ['HS256', 'HS384', 'HS512'];
const RSA = ['RS256', 'RS384', 'RS512', 'PS256', 'PS384', 'PS512'];
const EC_BY_CURVE: Readonly<Record<string, string>> = {
  prime256v1: 'ES256',
  secp384r1: 'ES384',
  secp521r1: 'ES512',
};
const EDWARDS = ['EdDSA', 'Ed25519'];
const MINIMUM_RSA_BITS = 2048;

/**
 * Reads the key and settles which algorithms go with it: those of its kind, cut down to the configured ones.
 * A secret never serves an asymmetric algorithm nor a public key an HMAC, whatever a token's header says.
 * Throws an Error that says what is wrong if the key can't be read, or no configured algorithm suits it.
 */
export function createTrustAnchor(
  options: TrustAnchorOptions,
  context: { folder: string; clock: Clock; onFailure: (error: unknown) => void },
): TrustAnchor {
  const [key, possible] = keyOf(options, context);
  const algorithms = possible.filter((name) => options.algorithms?.includes(name) ?? true);
  if (algorithms.length === 0) {
    throw new Error(
      `none of ${options.algorithms?.join(', ')} works with this key; it can do ${possible.join(', ')}`,
    );
  }
  const { audience } = options;
  return {
    key,
    algorithms,
    issuer: options.issuer,
    audience: typeof audience === 'string' ? audience : audience && [...audience],
    clockTolerance: options.clockTolerance / 1000,
  };
}

function keyOf(
  options: TrustAnchorOptions,
  context: { folder: string; clock: Clock; onFailure: (error: unknown) => void },
): [TrustAnchor['key'], readonly string[]] {
  if (options.secret !== undefined) return [createSecretKey(Buffer.from(options.secret)), HMAC];
  if (options.publicKey !== undefined) {
    const key = readPublicKey(options.publicKey, context.folder);
    return [key, algorithmsOf(key)];
  }
  if (options.jwksUri === undefined) throw new Error('give exactly one of secret, publicKey and jwksUri');
  const { clock, onFailure } = context;
  return [
    createKeySet({ uri: options.jwksUri, clock, onFailure }),
    [...RSA, ...Object.values(EC_BY_CURVE), ...EDWARDS],
  ];
}

/** PEM text as it is, or what the file of this name holds. Throws as `node:fs` does. */
export function readPem(text: string, folder: string): string {
  // `\n` written out is how PEM text survives in environment variables.
  if (text.includes('-----BEGIN')) return text.replaceAll('\\n', '\n');
  return readFileSync(resolve(folder, text), 'utf8');
}

function readPublicKey(text: string, folder: string): KeyObject {
  const pem = readPem(text, folder);
  if (pem.includes('PRIVATE KEY')) throw new Error('this is a private key; give the public one');
  return createPublicKey(pem);
}

function algorithmsOf(key: KeyObject): readonly string[] {
  const details = key.asymmetricKeyDetails;
  switch (key.asymmetricKeyType) {
    case 'rsa':
    case 'rsa-pss':
      if ((details?.modulusLength ?? 0) < MINIMUM_RSA_BITS) {
        throw new Error(`an RSA key needs at least ${MINIMUM_RSA_BITS} bits (RFC 7518, section 3.3)`);
      }
      return key.asymmetricKeyType === 'rsa' ? RSA : RSA.filter((name) => name.startsWith('PS'));
    case 'ec': {
      const algorithm = EC_BY_CURVE[details?.namedCurve ?? ''];
      if (algorithm === undefined) throw new Error(`no JWT algorithm uses the curve ${details?.namedCurve}`);
      return [algorithm];
    }
    case 'ed25519':
      return EDWARDS;
    default:
      throw new Error(`no JWT algorithm uses a key of type ${key.asymmetricKeyType}`);
  }
}
