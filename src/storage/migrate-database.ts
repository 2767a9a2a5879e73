import { Kysely, PostgresDialect, sql } from 'kysely';
import { describeDatabaseUrl } from './database-url.ts';
import { migrate } from './migrate.ts';
import type { DatabaseSettings } from './open-storage.ts';
import { createPostgresPool } from './postgres/postgres-pool.ts';
import { openSqlite } from './sqlite/open-sqlite.ts';
import type { StorageOptions } from './storage-options.ts';
import type { Tables } from './tables.ts';

/** What has been done to which database. */
export interface Migrated {
  /** Its file, or host, port and name. */
  readonly database: string;
  /** Names of what was applied now; empty: it was up to date. */
  readonly applied: readonly string[];
}

/** Any number that nobody else takes: who holds it brings the schema on, and the others wait. */
const ADVISORY_LOCK = 7_076_714_961;
/** How long one step waits for those who use a table: all others wait behind it. */
const LOCK_TIMEOUT = '30s';

/**
 * Brings the database to the schema of this version, in one transaction; several processes may do so at once. Throws
 * `NewerDatabaseError`, and the driver's or file system's error if it can't be reached.
 */
export function migrateDatabase(settings: DatabaseSettings, options: StorageOptions): Promise<Migrated> {
  return settings.url === '' ? migrateEmbedded(settings, options) : migratePostgres(settings.url, options);
}

/** Opening does it. */
async function migrateEmbedded({ dataDir }: DatabaseSettings, options: StorageOptions): Promise<Migrated> {
  const { file, applied, close } = await openSqlite(dataDir, options);
  await close();
  return { database: file, applied };
}

async function migratePostgres(url: string, { clock, migrations }: StorageOptions): Promise<Migrated> {
  const pool = createPostgresPool(url, { limited: false, onBroken: () => {} });
  const db = new Kysely<Tables>({ dialect: new PostgresDialect({ pool }) });
  try {
    const applied = await migrate(db, { clock, lock: lockPostgres, ...(migrations && { migrations }) });
    return { database: describeDatabaseUrl(url), applied };
  } finally {
    await db.destroy();
  }
}

async function lockPostgres(transaction: Kysely<Tables>): Promise<void> {
  await sql`select pg_advisory_xact_lock(${ADVISORY_LOCK})`.execute(transaction);
  await sql`set local lock_timeout = ${sql.lit(LOCK_TIMEOUT)}`.execute(transaction);
}
