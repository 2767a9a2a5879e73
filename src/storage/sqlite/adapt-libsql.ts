import type { SqliteDatabase, SqliteStatement } from 'kysely';
import type Libsql from 'libsql';
import { assertPortable } from '../portable-value.ts';

/** Queries that begin or end a transaction, as Kysely and our dialect write them. */
const CONTROL: ReadonlySet<string> = new Set(['begin immediate', 'commit', 'rollback']);
const READS = /^\s*(?:select|pragma|explain)\b/i;

/**
 * libsql as Kysely wants it, without two of its traps. A value of a kind that it does not know ends the whole process.
 * And a prepared statement that finds the database locked stays begun until the collector comes by: until then
 * nothing that this connection writes is committed, and nobody else can write. So the lock is taken by `exec`, which
 * leaves no statement behind, and what is prepared writes only with the lock in hand.
 */
export function adaptLibsql(opened: Libsql.Database): SqliteDatabase {
  return {
    close: () => void opened.close(),
    prepare: (text) => (CONTROL.has(text) ? control(opened, text) : prepared(opened, text)),
  };
}

function control(opened: Libsql.Database, text: string): SqliteStatement {
  return {
    reader: false,
    all: () => [],
    run() {
      opened.exec(text);
      return { changes: 0, lastInsertRowid: 0 };
    },
    iterate: () => [].values(),
  };
}

function prepared(opened: Libsql.Database, text: string): SqliteStatement {
  const statement = opened.prepare(text);
  const begin = <T>(parameters: readonly unknown[], work: () => T): T => {
    assertPortable(parameters);
    return READS.test(text) || opened.inTransaction ? work() : locked(opened, work);
  };
  return {
    reader: statement.reader,
    all: (parameters) => begin(parameters, () => statement.all(parameters)),
    run: (parameters) => begin(parameters, () => statement.run(parameters)),
    iterate: (parameters) => begin(parameters, () => statement.iterate(parameters)),
  };
}

function locked<T>(opened: Libsql.Database, work: () => T): T {
  opened.exec('begin immediate');
  try {
    const result = work();
    opened.exec('commit');
    return result;
  } catch (error) {
    if (opened.inTransaction) opened.exec('rollback');
    throw error;
  }
}
