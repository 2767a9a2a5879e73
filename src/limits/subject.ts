import { createHash } from 'node:crypto';
import { getHeader } from '../kernel/headers.ts';
import type { Scope } from '../kernel/scope.ts';
import type { By } from './limit.ts';
import { networkOf } from './network.ts';

/** Characters of an id that are shown in a key as they are; of a longer one only its hash is. */
const LONGEST = 64;

/** As much of a scope as tells who is calling. */
export type Caller = Pick<Scope, 'principal' | 'client' | 'headers'>;

/**
 * Who a request counts for: the first of `by` that it has, else its address, which it always has. Bounded in length,
 * whatever the client sends; different kinds never meet. A header may hold a secret, so only its hash is used.
 */
export function subjectOf(by: readonly By[], caller: Caller): string {
  for (const one of by) {
    const subject = find(one, caller);
    if (subject !== undefined) return subject;
  }
  return addressOf(caller);
}

/** The subject that a request has in any case: where it comes from. */
export function addressOf({ client }: Caller): string {
  // Calls of the gateway's own have no client.
  return client === undefined ? 'gateway' : `ip:${networkOf(client.ip)}`;
}

function find(by: By, caller: Caller): string | undefined {
  const { principal, headers } = caller;
  switch (by.kind) {
    case 'user':
      return principal && named('user', principal.id);
    case 'key':
      return principal?.keyId === undefined ? undefined : named('key', principal.keyId);
    case 'header': {
      const value = getHeader(headers, by.name);
      return value === undefined || value === '' ? undefined : `header:${by.name}:${hash(value)}`;
    }
    case 'ip':
      return addressOf(caller);
  }
}

function named(kind: string, id: string): string {
  return id.length > LONGEST ? `${kind}#${hash(id)}` : `${kind}:${id}`;
}

/** 128 bits of SHA-256: nobody finds two texts with the same ones. */
function hash(text: string): string {
  return createHash('sha256').update(text).digest().subarray(0, 16).toString('base64url');
}
