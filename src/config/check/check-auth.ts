import { createTrustAnchor } from '../../identity/trust-anchor.ts';
import { systemClock } from '../../kernel/clock.ts';
import { valueAt } from '../describe-issue.ts';
import { type JwtConfig, jwtSchema } from '../schema/auth.ts';
import type { Config } from '../schema/config.ts';
import type { Path, Source } from '../source/source.ts';
import { checkKeyHeaders } from './check-key-headers.ts';
import { type Finding, salvage } from './finding.ts';

/** Whether the file has any way at all, and whether it has internal keys; judged on what is written, faulty or not. */
export interface Provable {
  readonly any: boolean;
  readonly serviceKeys: boolean;
}

export function provable(source: Source): Provable {
  const filled = (path: Path) => {
    const list = valueAt(source.value, path);
    return Array.isArray(list) ? list.length > 0 : list !== undefined && list !== null;
  };
  const on = (path: Path) => valueAt(source.value, path) === true;
  const serviceKeys = filled(['auth', 'serviceKeys', 'keys']);
  const any =
    serviceKeys ||
    filled(['auth', 'jwt']) ||
    on(['auth', 'apiKeys', 'enabled']) ||
    on(['auth', 'accounts', 'enabled']);
  return { any, serviceKeys };
}

export const NO_PROOF =
  'nobody could ever be let in: add a way to prove who one is, such as an entry in auth.jwt';

/** Keys against algorithms, and demands that no caller could meet. */
export function checkAuth(source: Source, auth: Config['auth'], proof: Provable): Finding[] {
  const findings: Finding[] = [];
  if (auth.default === 'required' && !proof.any && relyOnDefault(source)) {
    findings.push({
      path: ['auth', 'default'],
      on: 'value',
      message: `auth.default is required, but ${NO_PROOF}`,
    });
  }
  if (valueAt(source.value, ['graphql', 'auth']) === 'required' && !proof.any) {
    findings.push({
      path: ['graphql', 'auth'],
      on: 'value',
      message: `graphql.auth is required, but ${NO_PROOF}`,
    });
  }
  findings.push(...checkKeyHeaders(source, auth));
  const entries = valueAt(source.value, ['auth', 'jwt']);
  const count = Array.isArray(entries) ? entries.length : 0;
  for (let i = 0; i < count; i++) findings.push(...checkJwt(source, ['auth', 'jwt', i]));
  return findings;
}

function relyOnDefault(source: Source): boolean {
  const routes = valueAt(source.value, ['routes']);
  return Array.isArray(routes) && routes.some((_, i) => valueAt(routes, [i, 'auth']) === undefined);
}

const KEYS = ['secret', 'publicKey', 'jwksUri'] as const;

function checkJwt(source: Source, path: Path): Finding[] {
  const given = KEYS.filter((key) => valueAt(source.value, [...path, key]) !== undefined);
  const [, second] = given;
  if (second !== undefined) {
    const message = `an entry has one key, but this one has ${given.join(' and ')}; make it ${given.length} entries`;
    return [{ path: [...path, second], on: 'key', message }];
  }
  if (given.length === 0) {
    return [{ path, on: 'value', message: 'an entry needs one key: secret, publicKey or jwksUri' }];
  }
  const jwt = salvage(jwtSchema, source, path);
  if (jwt === undefined) return [];
  return [...checkAlgorithms(jwt, path), ...checkSecret(jwt, path), ...checkPem(jwt, path)];
}

function checkAlgorithms(jwt: JwtConfig, path: Path): Finding[] {
  return (jwt.algorithms ?? []).flatMap((algorithm, i) => {
    const symmetric = algorithm.startsWith('HS');
    if (symmetric === (jwt.secret !== undefined)) return [];
    const kind = jwt.publicKey === undefined ? 'jwksUri' : 'publicKey';
    const message = symmetric
      ? `${algorithm} with ${kind} would let anybody sign with the public key; use secret for it, or an algorithm such as RS256 or ES256`
      : `${algorithm} does not go with a secret; use HS256, HS384 or HS512, or give publicKey or jwksUri`;
    return [{ path: [...path, 'algorithms', i], on: 'value' as const, message }];
  });
}

/** RFC 7518, 3.2: the key is at least as long as the hash. */
function checkSecret(jwt: JwtConfig, path: Path): Finding[] {
  if (jwt.secret === undefined) return [];
  const hashes = (jwt.algorithms ?? ['HS256']).map((algorithm) => Number(algorithm.slice(-3)) / 8);
  const needed = Math.max(32, ...hashes.filter(Number.isInteger));
  const bytes = Buffer.byteLength(jwt.secret);
  if (bytes >= needed) return [];
  const message = `the secret has ${bytes} bytes and can be guessed; give it at least ${needed}, such as from \`openssl rand -base64 48\``;
  return [{ path: [...path, 'secret'], on: 'value', severity: 'warning', message }];
}

function checkPem(jwt: JwtConfig, path: Path): Finding[] {
  if (jwt.publicKey === undefined || !jwt.publicKey.includes('-----BEGIN')) return [];
  const message = publicKeyFault(jwt.publicKey, jwt.algorithms);
  return message === undefined ? [] : [{ path: [...path, 'publicKey'], on: 'value', message }];
}

/** Why PEM text is no public key for the algorithms, if any are given; undefined if it is. */
export function publicKeyFault(pem: string, algorithms: readonly string[] | undefined): string | undefined {
  try {
    const context = { folder: '', clock: systemClock, onFailure: () => undefined };
    createTrustAnchor({ publicKey: pem, algorithms, clockTolerance: 0 }, context);
    return undefined;
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : '';
    // What OpenSSL has to say about text that is no key helps nobody.
    return code.startsWith('ERR_OSSL') ? 'this is no public key in PEM form' : (error as Error).message;
  }
}
