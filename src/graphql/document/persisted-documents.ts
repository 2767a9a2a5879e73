import { LRUCache } from 'lru-cache';
import { hashOf } from '../../blueprint/document/document-id.ts';
import type { RedisLink } from '../../storage/redis-link.ts';

/** Documents kept in this process, and characters of their text in all: clients may send any number of them. */
const MAX_DOCUMENTS = 1000;
const MAX_CHARACTERS = 1024 * 1024;

/**
 * Places for documents in Redis, each for all whose hashes begin alike: the last one kept is the one that is there.
 * So a client that makes up documents takes no more room than this, and what it drives out is soon kept again.
 */
const PLACES = 0x4000;
/** Characters of a document that is worth a place. */
const LONGEST_SHARED = 16 * 1024;
/** Seconds after which a place is empty again. */
const SHARED_FOR = 24 * 60 * 60;

/** Documents that clients have sent with their hash, so that the hash is enough from then on. */
export interface PersistedDocuments {
  /** What this process knows. */
  known(hash: string): string | undefined;
  /** What other processes may know, kept here as well if it `isGood`; undefined also while Redis is out of reach. */
  fetch(hash: string, isGood: (text: string) => boolean): Promise<string | undefined>;
  /** Keeps a document that has this hash, here and for other processes. */
  keep(hash: string, text: string): void;
}

/** With `redis`, what one process keeps is there for all; without, for this one alone. */
export function createPersistedDocuments(redis: RedisLink | undefined): PersistedDocuments {
  const documents = new LRUCache<string, string>({
    max: MAX_DOCUMENTS,
    maxSize: MAX_CHARACTERS,
    sizeCalculation: (text) => text.length + 1,
  });
  return {
    known: (hash) => documents.get(hash),
    async fetch(hash, isGood) {
      const text = await redis?.run((client) => client.get(placeOf(hash))).catch(() => null);
      // What Redis says is not taken for the client's document unless it is that one.
      if (text == null || hashOf(text) !== hash) return undefined;
      if (isGood(text)) documents.set(hash, text);
      return text;
    },
    keep(hash, text) {
      documents.set(hash, text);
      if (redis === undefined || text.length > LONGEST_SHARED) return;
      // It is kept here in any case: who asks another process is asked for the text once more.
      redis.run((client) => client.set(placeOf(hash), text, 'EX', SHARED_FOR)).catch(() => undefined);
    },
  };
}

function placeOf(hash: string): string {
  return `portico:document:${Number.parseInt(hash.slice(0, 8), 16) % PLACES}`;
}
