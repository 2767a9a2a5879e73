import type { Clock } from '../kernel/clock.ts';
import type { Database } from './database.ts';
import { openPostgres } from './postgres/open-postgres.ts';
import { openRedisLink, type RedisLink } from './redis-link.ts';
import { parseRedisUrl } from './redis-url.ts';
import { openSqlite } from './sqlite/open-sqlite.ts';
import type { StorageOptions } from './storage-options.ts';

/** Where things are kept that outlive a request. */
export interface Storage {
  /** Undefined: not configured; what would be shared is kept in this process. */
  readonly redis: RedisLink | undefined;
  /** Undefined: nothing that is configured needs one. */
  readonly database: Database | undefined;
  close(): Promise<void>;
}

export interface StorageSettings {
  /** A URL as `parseRedisUrl` takes it; empty: none. */
  readonly redis: string;
  /** Undefined: nothing needs one. */
  readonly database: DatabaseSettings | undefined;
}

export interface DatabaseSettings {
  /** postgres://…; empty: embedded. */
  readonly url: string;
  /** Absolute path of the folder of the embedded one. */
  readonly dataDir: string;
}

/** Milliseconds that a start waits for Redis and PostgreSQL; it goes on without them then. */
const PATIENCE = 1000;

/**
 * Connects. A Redis or PostgreSQL that is out of reach is no fault: it is found later. Throws `StorageFailure`
 * if the embedded database can't be opened, or is newer than this program.
 */
export async function openStorage(settings: StorageSettings, options: StorageOptions): Promise<Storage> {
  const redis = settings.redis === '' ? undefined : openRedisLink(parseRedisUrl(settings.redis), options);
  try {
    const database = settings.database && (await openDatabase(settings.database, options));
    if (redis) await atMost(PATIENCE, redis.settled, options.clock);
    return {
      redis,
      database,
      async close() {
        await Promise.all([redis?.close(), database?.close()]);
      },
    };
  } catch (error) {
    await redis?.close();
    throw error;
  }
}

async function openDatabase({ url, dataDir }: DatabaseSettings, options: StorageOptions): Promise<Database> {
  if (url === '') return openSqlite(dataDir, options);
  const database = openPostgres(url, options);
  await atMost(PATIENCE, database.settled, options.clock);
  return database;
}

function atMost(ms: number, settled: Promise<void>, clock: Clock): Promise<void> {
  return new Promise((resolve) => {
    const timer = clock.after(ms, resolve);
    void settled.then(() => {
      timer.cancel();
      resolve();
    });
  });
}
