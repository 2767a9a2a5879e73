import type { Clock } from '../../kernel/clock.ts';
import type { CallerLimit, Principal } from '../../kernel/principal.ts';
import type { Database } from '../../storage/database.ts';
import { type ApiKey, TooManyKeysError } from './api-key.ts';
import { createApiKeyStore } from './api-key-store.ts';
import { createFindKey } from './find-key.ts';
import { createKeyText, hashKey } from './key-text.ts';
import { createLastUse } from './last-use.ts';
import { createKeyVerifier, type VerifyKey } from './verify-key.ts';

/** Keys that one owner may have, those that ended lately included. */
export const MOST_KEYS = 200;
/** Milliseconds that a key which was revoked, or has expired, is still shown. */
const SHOWN_FOR = 30 * 86_400_000;
/** Keys in one list. */
const LISTED = 1000;

/** What a new key is to be. */
export interface KeyRequest {
  readonly name: string;
  /** Undefined: it stands for itself. */
  readonly owner: string | undefined;
  readonly ownerName: string | undefined;
  readonly madeVia: Principal['via'] | 'command';
  readonly roles: readonly string[];
  readonly scopes: readonly string[];
  readonly limit: CallerLimit | undefined;
  /** Milliseconds since 1970. */
  readonly expiresAt: number | undefined;
}

/** The API keys of a gateway. What asks the database rejects with `StorageUnavailableError` while that is away. */
export interface ApiKeys {
  readonly verify: VerifyKey;
  /** Makes a key. Its text is told here and never again. Rejects with `TooManyKeysError`. */
  create(request: KeyRequest): Promise<{ readonly key: ApiKey; readonly text: string }>;
  /** Newest first; of one owner, or of all. */
  list(owner?: string): Promise<ApiKey[]>;
  /** Ends a key, at once in this process and within `FRESH_FOR` in others; undefined if the owner has no such key. */
  revoke(id: string, owner?: string): Promise<ApiKey | undefined>;
  /** Writes down what is still to be written. */
  close(): Promise<void>;
}

export function createApiKeys(database: Database, clock: Clock): ApiKeys {
  const store = createApiKeyStore(database);
  const lastUse = createLastUse(store, clock);
  const verifier = createKeyVerifier({ find: createFindKey(store, clock), clock, used: lastUse.note });

  async function makeRoom(owner: string, now: number): Promise<void> {
    await store.purge(owner, now - SHOWN_FOR);
    if ((await store.count(owner)) >= MOST_KEYS) throw new TooManyKeysError();
  }

  return {
    verify: verifier.verify,

    async create(request) {
      const now = clock.wall();
      if (request.owner !== undefined) await makeRoom(request.owner, now);
      const { id, text } = createKeyText();
      const who =
        request.owner === undefined
          ? { owner: `key:${id}`, ownerName: request.name }
          : { owner: request.owner };
      const key = { ...request, ...who, id, createdAt: now, lastUsedAt: undefined, revokedAt: undefined };
      await store.insert(key, hashKey(text));
      return { key, text };
    },

    list: (owner) => store.list({ owner, limit: LISTED }),

    async revoke(id, owner) {
      const key = await store.revoke(id, clock.wall(), owner);
      if (key !== undefined) verifier.forget(id);
      return key;
    },

    close: () => lastUse.close(),
  };
}
