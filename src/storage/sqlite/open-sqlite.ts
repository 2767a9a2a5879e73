import { chmodSync, closeSync, mkdirSync, openSync } from 'node:fs';
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

/**
 * Opens the embedded database, made if it is not there (only its owner may read it), and brings it to the newest
 * schema. Throws an Error that names the file if that fails.
 */
export async function openSqlite(dataDir: string, { clock, migrations }: StorageOptions): Promise<Database> {
  const file = path.join(dataDir, FILE);
  const { db } = openFile(file);
  try {
    await migrate(db, { clock, lock: async () => {}, ...(migrations && { migrations }) });
  } catch (error) {
    await db.destroy();
    throw new Error(`${file}: ${error instanceof Error ? error.message : error}`, { cause: error });
  }
  return {
    db,
    kind: 'sqlite',
    isUp: true,
    async check() {
      await sql`select 1`.execute(db);
    },
    close: () => db.destroy(),
  };
}

function openFile(file: string): { readonly db: Kysely<Tables> } {
  try {
    mkdirSync(path.dirname(file), { recursive: true, mode: 0o700 });
    // Before SQLite does it: the files beside it take over its mode.
    closeSync(openSync(file, 'a', 0o600));
    chmodSync(file, 0o600);
    const opened = new Libsql(file, { timeout: BUSY });
    opened.exec(`pragma busy_timeout = ${BUSY}`);
    opened.exec('pragma journal_mode = wal');
    opened.exec('pragma synchronous = normal');
    opened.exec('pragma foreign_keys = on');
    return { db: new Kysely<Tables>({ dialect: new WritingSqliteDialect({ database: adapt(opened) }) }) };
  } catch (error) {
    throw new Error(`${file}: cannot open the database (${error instanceof Error ? error.message : error})`, {
      cause: error,
    });
  }
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
