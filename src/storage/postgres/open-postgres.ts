import { Kysely, PostgresDialect, type PostgresPool } from 'kysely';
import type { Clock } from '../../kernel/clock.ts';
import type { Database } from '../database.ts';
import type { StorageOptions } from '../storage-options.ts';
import { StorageUnavailableError } from '../storage-unavailable.ts';
import type { Tables } from '../tables.ts';
import { PostgresHealth } from './postgres-health.ts';
import { isPostgresOutage } from './postgres-outage.ts';
import { asQuery, createPostgresPool } from './postgres-pool.ts';

/**
 * PostgreSQL by its URL. One that is out of reach or not migrated is no fault: `settled` resolves after the first
 * look, good or bad, and more looks follow.
 */
export function openPostgres(
  url: string,
  options: StorageOptions,
): Database & { readonly settled: Promise<void> } {
  const pool = createPostgresPool(url, { limited: true, onBroken: () => void health.look() });
  const unguarded = new Kysely<Tables>({ dialect: new PostgresDialect({ pool }) });
  const health = new PostgresHealth(unguarded, options);
  const guarded = guardPool(pool, health, options.clock);
  return {
    db: new Kysely<Tables>({ dialect: new PostgresDialect({ pool: guarded }) }),
    kind: 'postgres',
    settled: health.look(),
    get isUp() {
      return health.isUp;
    },
    async check() {
      await health.look();
      if (!health.isUp) throw unavailable();
    },
    async close() {
      health.close();
      await unguarded.destroy();
    },
  };
}

function unavailable(cause?: unknown): StorageUnavailableError {
  return new StorageUnavailableError('The database is not available', cause);
}

/**
 * Gives no connection to a database that is known to be unusable, and learns from how queries end. Those on a
 * connection that was given are all sent, or a transaction would never be ended.
 */
function guardPool(pool: PostgresPool, health: PostgresHealth, clock: Clock): PostgresPool {
  async function guard<T>(work: () => Promise<T>): Promise<T> {
    const startedAt = clock.now();
    try {
      const result = await work();
      health.succeeded();
      return result;
    } catch (error) {
      if (!isPostgresOutage(error)) throw error;
      health.failed(error, startedAt);
      throw unavailable(error);
    }
  }
  return {
    end: () => pool.end(),
    async connect() {
      if (!health.isUp) throw unavailable();
      const client = await guard(() => pool.connect());
      return {
        query: asQuery((text, parameters) => guard(() => client.query(text, parameters))),
        release: () => client.release(),
      };
    },
  };
}
