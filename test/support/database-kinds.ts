import path from 'node:path';
import { systemClock } from '../../src/kernel/clock.ts';
import type { Database } from '../../src/storage/database.ts';
import { migrateDatabase } from '../../src/storage/migrate-database.ts';
import type { Migration } from '../../src/storage/migrations.ts';
import type { DatabaseSettings } from '../../src/storage/open-storage.ts';
import { openPostgres } from '../../src/storage/postgres/open-postgres.ts';
import { openSqlite } from '../../src/storage/sqlite/open-sqlite.ts';
import { type MemoryLog, memoryLogger } from './memory-logger.ts';
import { hasPostgres, startPostgres, type TestPostgres } from './postgres.ts';
import { temporaryFolder } from './temporary-folder.ts';

/** One kind of database, to run the same tests on: what holds on one has to hold on the other. */
export interface DatabaseKind {
  readonly kind: Database['kind'];
  /** True: not on this machine. */
  readonly missing: boolean;
  start(): Promise<DatabaseServer>;
}

export interface DatabaseServer {
  /** Undefined: the embedded kind, which has no server. */
  readonly postgres: TestPostgres | undefined;
  /** Settings of an empty database of its own. */
  make(): Promise<DatabaseSettings>;
  close(): Promise<void>;
}

/** Both kinds, for `describe.skipIf(missing)`; `what` is said aloud if one is not tried. */
export function databaseKinds(what: string): readonly DatabaseKind[] {
  return [
    { kind: 'sqlite', missing: false, start: startEmbedded },
    { kind: 'postgres', missing: !hasPostgres(what), start: startServer },
  ];
}

async function startEmbedded(): Promise<DatabaseServer> {
  const folder = await temporaryFolder();
  let made = 0;
  return {
    postgres: undefined,
    make: async () => ({ url: '', dataDir: path.join(folder.path, `data-${made++}`) }),
    close: () => folder.remove(),
  };
}

async function startServer(): Promise<DatabaseServer> {
  const postgres = await startPostgres();
  return {
    postgres,
    make: async () => ({ url: await postgres.createDatabase(), dataDir: '' }),
    close: () => postgres.close(),
  };
}

/** `storage` of a configuration, with a new database that a gateway can begin to use. */
export async function newStorage(server: DatabaseServer): Promise<{ database: string; dataDir: string }> {
  const settings = await server.make();
  // Whoever opens an embedded one first gives it its schema.
  if (settings.url === '') return { database: '', dataDir: settings.dataDir };
  await migrateDatabase(settings, { clock: systemClock, logger: memoryLogger().logger });
  return { database: settings.url, dataDir: '.portico' };
}

/** Brings it to the newest schema, or to that of `migrations`, and opens it. */
export async function openMigrated(
  settings: DatabaseSettings,
  migrations?: readonly Migration[],
  log: MemoryLog = memoryLogger(),
): Promise<Database> {
  const options = { clock: systemClock, logger: log.logger, ...(migrations && { migrations }) };
  await migrateDatabase(settings, options);
  if (settings.url === '') return openSqlite(settings.dataDir, options);
  const database = openPostgres(settings.url, options);
  await database.settled;
  return database;
}
