import type { Clock } from '../../kernel/clock.ts';
import { StorageUnavailableError } from '../../storage/storage-unavailable.ts';
import type { ApiKey } from './api-key.ts';
import type { ApiKeyStore } from './api-key-store.ts';

/** Hashes in one query. */
const BATCH = 100;
/** Hashes that wait for their turn; with more, the database is taken to be too slow for what comes. */
const WAITING = 2000;
/** Milliseconds that a query may take before those who wait are told to come again. */
const TIMEOUT = 2000;

/** Finds a key by its hash; undefined: there is none. Rejects with `StorageUnavailableError`. */
export type FindKey = (hash: string) => Promise<ApiKey | undefined>;

interface Search {
  readonly found: Promise<ApiKey | undefined>;
  readonly resolve: (key: ApiKey | undefined) => void;
  readonly reject: (error: unknown) => void;
}

/**
 * Searches for keys with one query at a time: those who come meanwhile wait and go together, and the same key is
 * looked for once. So the database has one small query to answer, however many made-up keys come in.
 */
export function createFindKey(store: Pick<ApiKeyStore, 'find'>, clock: Clock): FindKey {
  const waiting = new Map<string, Search>();
  const underWay = new Map<string, Search>();
  let running = false;

  async function run(): Promise<void> {
    running = true;
    while (waiting.size > 0) {
      for (const [hash, search] of waiting) {
        if (underWay.size === BATCH) break;
        underWay.set(hash, search);
        waiting.delete(hash);
      }
      await settle([...underWay]);
      underWay.clear();
    }
    running = false;
  }

  async function settle(searches: readonly (readonly [hash: string, search: Search])[]): Promise<void> {
    try {
      const keys = await inTime(store.find(searches.map(([hash]) => hash)), clock);
      for (const [hash, { resolve }] of searches) resolve(keys.get(hash));
    } catch (error) {
      // Those behind them would only wait for the same.
      for (const { reject } of [...searches.map(([, search]) => search), ...waiting.values()]) reject(error);
      waiting.clear();
    }
  }

  return (hash) => {
    const known = underWay.get(hash) ?? waiting.get(hash);
    if (known !== undefined) return known.found;
    if (waiting.size >= WAITING) {
      return Promise.reject(new StorageUnavailableError('Service unavailable', 'too many keys to look for'));
    }
    const search = createSearch();
    waiting.set(hash, search);
    if (!running) void run();
    return search.found;
  };
}

function createSearch(): Search {
  let resolve: Search['resolve'] = () => {};
  let reject: Search['reject'] = () => {};
  const found = new Promise<ApiKey | undefined>((yes, no) => {
    resolve = yes;
    reject = no;
  });
  return { found, resolve, reject };
}

function inTime<T>(work: Promise<T>, clock: Clock): Promise<T> {
  return new Promise((resolve, reject) => {
    const timer = clock.after(TIMEOUT, () => {
      reject(new StorageUnavailableError('Service unavailable', `no answer in ${TIMEOUT} ms`));
    });
    work.then(resolve, reject).finally(() => timer.cancel());
  });
}
