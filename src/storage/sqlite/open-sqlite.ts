import { chmodSync, closeSync, existsSync, mkdirSync, openSync } from 'node:fs';
import path from 'node:path';
import { Kysely, sql } from 'kysely';
import Libsql from 'libsql';
import type { Database } from '../database.ts';
import { migrate } from '../migrate.ts';
import { StorageFailure } from '../storage-failure.ts';
import type { StorageOptions } from '../storage-options.ts';
import { reasonOf } from '../storage-unavailable.ts';
import type { Tables } from '../tables.ts';
import { adaptLibsql } from './adapt-libsql.ts';
import { patiently } from './patience.ts';
import { PatientSqliteDialect } from './sqlite-dialect.ts';

/** Name of the file in the data folder. */
const FILE = 'portico.db';
/** Milliseconds that SQLite itself waits for others who write. The whole process stands still then, so it is short. */
const BUSY = 2;

export interface SqliteStorage extends Database {
  readonly file: string;
  /** Names of the migrations that were applied when it was opened. */
  readonly applied: readonly string[];
}

/**
 * Opens the embedded database, made if it is not there (only its owner may read it), and brings it to the newest
 * schema. Throws `StorageFailure`, which names the file, if that fails.
 */
export async function openSqlite(
  dataDir: string,
  { clock, migrations }: StorageOptions,
): Promise<SqliteStorage> {
  const file = path.join(dataDir, FILE);
  const db = await openFile(file);
  let applied: readonly string[];
  try {
    applied = await migrate(db, { clock, lock: async () => {}, ...(migrations && { migrations }) });
  } catch (error) {
    await db.destroy();
    throw new StorageFailure(`${file}: ${reasonOf(error)}`, { cause: error });
  }
  return {
    db,
    kind: 'sqlite',
    file,
    applied,
    isUp: true,
    async check() {
      await sql`select 1`.execute(db);
    },
    close: () => db.destroy(),
  };
}

async function openFile(file: string): Promise<Kysely<Tables>> {
  try {
    mkdirSync(path.dirname(file), { recursive: true, mode: 0o700 });
    makePrivate(file);
    const opened = new Libsql(file, { timeout: BUSY });
    await patiently(() => opened.exec('pragma journal_mode = wal'));
    opened.exec('pragma synchronous = normal');
    opened.exec('pragma foreign_keys = on');
    return new Kysely<Tables>({ dialect: new PatientSqliteDialect({ database: adaptLibsql(opened) }) });
  } catch (error) {
    throw new StorageFailure(`${file}: cannot open the database (${reasonOf(error)})`, { cause: error });
  }
}

/** Before SQLite makes it: the files that it puts beside it take over its mode. */
function makePrivate(file: string): void {
  // Never opened if it is there: to close it would end the locks that this process has on it.
  if (existsSync(file)) chmodSync(file, 0o600);
  else closeSync(openSync(file, 'a', 0o600));
}
