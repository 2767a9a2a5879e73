import { LRUCache } from 'lru-cache';
import type { Clock } from '../../kernel/clock.ts';
import type { Principal } from '../../kernel/principal.ts';
import { keyExpired, keyInvalid } from '../rejection.ts';
import { type ApiKey, principalOfKey } from './api-key.ts';
import type { FindKey } from './find-key.ts';
import { hashKey, isKeyText, KEY_LENGTH } from './key-text.ts';

/** Milliseconds for which what the database said of a key holds: a key revoked elsewhere works so long at the most. */
export const FRESH_FOR = 5000;
/** Milliseconds after which it is asked again beside the requests, so that a key in use never waits for an answer. */
const RENEW_AFTER = 2500;
/** Keys that are remembered; more in use than that cost a query now and then. */
const REMEMBERED = 10_000;
/** Hashes of keys that there are not, and ids of keys revoked here. */
const UNKNOWN = 10_000;

/**
 * Who calls with this key. At once, where the key is known, else once the database has been asked. Throws or rejects
 * with UNAUTHENTICATED (`Invalid token`, `Token expired`), or STORAGE_UNAVAILABLE if it can't be known now.
 */
export type VerifyKey = (text: string) => Principal | Promise<Principal>;

export interface KeyVerifier {
  readonly verify: VerifyKey;
  /** From now on the key of this id is refused, whatever is remembered or on its way. */
  forget(id: string): void;
}

interface Known {
  readonly key: ApiKey;
  /** The same object as long as nothing about it changes: others remember what they made of it. */
  readonly principal: Principal;
  /** Moments of `Clock.now`. */
  readonly until: number;
  readonly renewAt: number;
  renewing: boolean;
}

export interface KeyVerifierOptions {
  readonly find: FindKey;
  readonly clock: Clock;
  /** Told of each use of a key. */
  readonly used: (id: string) => void;
}

/** Verification with a memory: what is known of a key, and what is not one, for a few seconds each. */
export function createKeyVerifier({ find, clock, used }: KeyVerifierOptions): KeyVerifier {
  const known = new LRUCache<string, Known>({ max: REMEMBERED });
  const unknown = new LRUCache<string, number>({ max: UNKNOWN });
  const revoked = new LRUCache<string, true>({ max: UNKNOWN });

  async function ask(hash: string): Promise<Known | undefined> {
    const asked = clock.now();
    const key = await find(hash);
    if (key === undefined) {
      known.delete(hash);
      unknown.set(hash, asked + FRESH_FOR);
      return undefined;
    }
    const principal = sameOr(known.get(hash)?.principal, principalOfKey(key));
    const now = { key, principal, until: asked + FRESH_FOR, renewAt: asked + RENEW_AFTER, renewing: false };
    known.set(hash, now);
    return now;
  }

  function renew(hash: string, one: Known): void {
    one.renewing = true;
    // If it can't be had now, the next request after this one's time asks again, and waits for it.
    ask(hash).catch(() => {});
  }

  function accept({ key, principal }: Known): Principal {
    if (key.revokedAt !== undefined || revoked.has(key.id)) throw keyInvalid(`the key ${key.id} was revoked`);
    if (key.expiresAt !== undefined && key.expiresAt <= clock.wall())
      throw keyExpired(`the key ${key.id} has expired`);
    used(key.id);
    return principal;
  }

  return {
    verify(text) {
      if (text.length !== KEY_LENGTH) throw keyInvalid('it does not have the form of a key');
      const hash = hashKey(text);
      const now = clock.now();
      const one = known.get(hash);
      if (one !== undefined && now < one.until) {
        if (now >= one.renewAt && !one.renewing) renew(hash, one);
        return accept(one);
      }
      // Not before, for what is known has the form.
      if (!isKeyText(text)) throw keyInvalid('it does not have the form of a key');
      if ((unknown.get(hash) ?? 0) > now) throw keyInvalid('there is no such key');
      return ask(hash).then((found) => {
        if (found === undefined) throw keyInvalid('there is no such key');
        return accept(found);
      });
    },
    forget: (id) => void revoked.set(id, true),
  };
}

function sameOr(before: Principal | undefined, now: Principal): Principal {
  return before !== undefined && JSON.stringify(before) === JSON.stringify(now) ? before : now;
}
