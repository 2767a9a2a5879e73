import { chmodSync, closeSync, existsSync, mkdirSync, openSync } from 'node:fs';
import path from 'node:path';
import { Kysely, type SqliteDatabase, sql } from 'kysely';
import Libsql from 'libsql';
import type { Database } from '../database.ts';
import { migrate } from '../migrate.ts';
import { assertPortable } from '../portable-value.ts';
import type { StorageOptions } from '../storage-options.ts';
import { StorageUnavailableError } from '../storage-unavailable.ts';
import type { Tables } from '../tables.ts';
import { WritingSqliteDialect } from './sqlite-dialect.ts';

/** Name of the file in the data folder. */
const FILE = 'portico.db';
/** Milliseconds to wait for another process that writes. The whole process waits, so it is short. */
const BUSY = 2000;

/** SQLite's codes that say nothing against the query. */
const OUTAGE = /^SQLITE_(?:BUSY|LOCKED|FULL|IOERR|READONLY|CANTOPEN|NOMEM|PROTOCOL)/;

export interface SqliteStorage extends Database {
  readonly file: string;
  /** Names of the migrations that were applied when it was opened. */
  readonly applied: readonly string[];
}

/**
 * Opens the embedded database, made if it is not there (only its owner may read it), and brings it to the newest
 * schema. Throws an Error that names the file if that fails.
 */
export async function openSqlite(
  dataDir: string,
  { clock, migrations }: StorageOptions,
): Promise<SqliteStorage> {
  const file = path.join(dataDir, FILE);
  const db = openFile(file);
  let applied: readonly string[];
  try {
    applied = await migrate(db, { clock, lock: async () => {}, ...(migrations && { migrations }) });
  } catch (error) {
    await db.destroy();
    throw new Error(`${file}: ${error instanceof Error ? error.message : error}`, { cause: error });
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

function openFile(file: string): Kysely<Tables> {
  try {
    mkdirSync(path.dirname(file), { recursive: true, mode: 0o700 });
    makePrivate(file);
    const opened = new Libsql(file, { timeout: BUSY });
    opened.exec('pragma journal_mode = wal');
    opened.exec('pragma synchronous = normal');
    opened.exec('pragma foreign_keys = on');
    return new Kysely<Tables>({ dialect: new WritingSqliteDialect({ database: adapt(opened) }) });
  } catch (error) {
    throw new Error(`${file}: cannot open the database (${error instanceof Error ? error.message : error})`, {
      cause: error,
    });
  }
}

/** Before SQLite makes it: the files that it puts beside it take over its mode. */
function makePrivate(file: string): void {
  // Never opened if it is there: to close it would end the locks that this process has on it.
  if (existsSync(file)) chmodSync(file, 0o600);
  else closeSync(openSync(file, 'a', 0o600));
}

/** With errors that are about the file and not the query as `StorageUnavailableError`. */
function adapt(opened: Libsql.Database): SqliteDatabase {
  return {
    close: () => void opened.close(),
    prepare(text) {
      return translating(() => {
        const statement = opened.prepare(text);
        return {
          reader: statement.reader,
          all: (parameters) => translating(() => statement.all(checked(parameters))),
          run: (parameters) => translating(() => statement.run(checked(parameters))),
          iterate: (parameters) => translating(() => statement.iterate(checked(parameters))),
        };
      });
    },
  };
}

/** The driver ends the whole process if it is given a boolean. */
function checked(parameters: readonly unknown[]): readonly unknown[] {
  assertPortable(parameters);
  return parameters;
}

function translating<T>(work: () => T): T {
  try {
    return work();
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : '';
    if (OUTAGE.test(code)) throw new StorageUnavailableError('The database is not available', error);
    throw error;
  }
}
