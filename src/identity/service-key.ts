import { hash, timingSafeEqual } from 'node:crypto';
import type { Principal } from '../kernel/principal.ts';
import { keyInvalid } from './rejection.ts';

/** Which internal caller holds this key. Throws UNAUTHENTICATED. */
export type VerifyServiceKey = (text: string) => Principal;

/**
 * Knows the keys of `auth.serviceKeys`; with several ones an old key still works while callers take over a new one.
 * Keys are compared by their hashes, which all have one length, and always all of them, so that the time that it takes
 * tells neither how much of a key was right nor which one it was.
 */
export function createVerifyServiceKey(keys: readonly string[]): VerifyServiceKey {
  const known = keys.map((key, index) => ({ digest: digestOf(key), principal: principalOf(index) }));
  return (text) => {
    const digest = digestOf(text);
    let found: Principal | undefined;
    for (const one of known) if (timingSafeEqual(one.digest, digest)) found = one.principal;
    if (found === undefined) throw keyInvalid('no internal key is like this');
    return found;
  };
}

function digestOf(text: string): Buffer {
  return hash('sha256', text, 'buffer');
}

/** By its place in the list, so that the log tells whether the old one is still in use; without any role or scope. */
function principalOf(index: number): Principal {
  const id = `service-key-${index + 1}`;
  return Object.freeze({
    via: 'service-key',
    id,
    name: undefined,
    roles: Object.freeze([]),
    scopes: Object.freeze([]),
    claims: Object.freeze({}),
    keyId: id,
  });
}
