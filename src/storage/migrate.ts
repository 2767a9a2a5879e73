import { type Kysely, sql, type Transaction } from 'kysely';
import type { Clock } from '../kernel/clock.ts';
import { migrations as known, type Migration } from './migrations.ts';
import type { Tables } from './tables.ts';

/** The database was brought on by a newer Portico: this one does not know what its tables mean. */
export class NewerDatabaseError extends Error {
  override readonly name = 'NewerDatabaseError';

  constructor(unknown: readonly string[]) {
    super(
      `the database was made by a newer version of Portico (it has ${unknown.join(', ')}); run that version, or another database`,
    );
  }
}

export interface MigrateOptions {
  readonly clock: Clock;
  /** Taken first within the transaction, so that of several processes one does it and the others find it done. */
  readonly lock: (transaction: Transaction<Tables>) => Promise<void>;
  /** Those of this version, unless a test says otherwise. */
  readonly migrations?: readonly Migration[];
}

/**
 * Brings the database to the newest schema, all in one transaction: it is done whole or not at all. Gives the names
 * of what was applied. Throws `NewerDatabaseError`, or the driver's error.
 */
export function migrate(
  db: Kysely<Tables>,
  { clock, lock, migrations = known }: MigrateOptions,
): Promise<string[]> {
  return db.transaction().execute(async (transaction) => {
    await lock(transaction);
    await transaction.schema
      .createTable('portico_migration')
      .ifNotExists()
      .addColumn('name', 'text', (column) => column.primaryKey())
      .addColumn('applied_at', 'bigint', (column) => column.notNull())
      .execute();
    const pending = findPending(await readApplied(transaction), migrations);
    for (const { name, up } of pending) {
      await up(transaction);
      await transaction.insertInto('portico_migration').values({ name, applied_at: clock.wall() }).execute();
    }
    return pending.map(({ name }) => name);
  });
}

/** The names of what this database still needs. Throws `NewerDatabaseError`. */
export function findPending(
  applied: readonly string[],
  migrations: readonly Migration[] = known,
): readonly Migration[] {
  const names = new Set(migrations.map(({ name }) => name));
  const unknown = applied.filter((name) => !names.has(name));
  if (unknown.length > 0) throw new NewerDatabaseError(unknown);
  const done = new Set(applied);
  return migrations.filter(({ name }) => !done.has(name));
}

/** The names of what has been applied. Rejects if there is no such table yet. */
export async function readApplied(db: Kysely<Tables>): Promise<string[]> {
  const rows = await sql<{ name: string }>`select name from portico_migration order by name`.execute(db);
  return rows.rows.map(({ name }) => name);
}
