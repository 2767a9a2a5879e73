import { systemClock } from '../../src/kernel/clock.ts';
import type { Database } from '../../src/storage/database.ts';
import { migrateDatabase } from '../../src/storage/migrate-database.ts';
import type { Migration } from '../../src/storage/migrations.ts';
import type { DatabaseSettings } from '../../src/storage/open-storage.ts';
import { openPostgres } from '../../src/storage/postgres/open-postgres.ts';
import { openSqlite } from '../../src/storage/sqlite/open-sqlite.ts';
import { type MemoryLog, memoryLogger } from './memory-logger.ts';
import { hasPostgres, startPostgres, type TestPostgres } from './postgres.ts';
import { type TemporaryFolder, temporaryFolder } from './temporary-folder.ts';

/** One kind of database, to run the same tests on. */
export interface DatabaseKind {
  readonly kind: Database['kind'];
  /** True: not on this machine. */
  readonly missing: boolean;
  /** Makes a server, if the kind has one; call it once before and `close` after all tests. */
  prepare(): Promise<void>;
  /** Settings of an empty database of its own. */
  make(): Promise<DatabaseSettings>;
  close(): Promise<void>;
}

/** Both kinds, for `describe.skipIf(missing)`; `what` is said aloud if one is not tried. */
export function databaseKinds(what: string): readonly DatabaseKind[] {
  return [embeddedKind(), postgresKind(what)];
}

function embeddedKind(): DatabaseKind {
  let folder: TemporaryFolder | undefined;
  let made = 0;
  return {
    kind: 'sqlite',
    missing: false,
    async prepare() {
      folder = await temporaryFolder();
    },
    make: async () => ({ url: '', dataDir: `${folder?.path}/data-${made++}` }),
    close: async () => folder?.remove(),
  };
}

function postgresKind(what: string): DatabaseKind {
  let server: TestPostgres | undefined;
  return {
    kind: 'postgres',
    missing: !hasPostgres(what),
    async prepare() {
      server = await startPostgres();
    },
    async make() {
      if (server === undefined) throw new Error('prepare it first');
      return { url: await server.createDatabase(), dataDir: '' };
    },
    close: async () => server?.close(),
  };
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
