import { type Kysely, PostgresAdapter, sql } from 'kysely';
import type { Tables } from '../tables.ts';

/**
 * The record of who did what. The database itself refuses to change a row, and to remove one before its time
 * (`expires`, by the database's own clock): what is on record stays, also where somebody else opens the database.
 */
export async function addAudit(db: Kysely<Tables>): Promise<void> {
  await db.schema
    .createTable('portico_audit')
    .addColumn('id', 'text', (column) => column.primaryKey())
    .addColumn('time', 'bigint', (column) => column.notNull())
    .addColumn('until', 'bigint', (column) => column.notNull())
    .addColumn('expires', 'bigint', (column) => column.notNull())
    .addColumn('times', 'integer', (column) => column.notNull())
    .addColumn('action', 'text', (column) => column.notNull())
    .addColumn('outcome', 'text', (column) => column.notNull())
    .addColumn('actor', 'text')
    .addColumn('via', 'text')
    .addColumn('ip', 'text')
    .addColumn('request', 'text')
    .addColumn('object', 'text')
    .addColumn('reason', 'text')
    .addColumn('before_state', 'text')
    .addColumn('after_state', 'text')
    .execute();
  await db.schema.createIndex('portico_audit_expires').on('portico_audit').column('expires').execute();
  for (const column of ['actor', 'object'] as const) {
    await db.schema
      .createIndex(`portico_audit_${column}`)
      .on('portico_audit')
      .columns([column, 'id'])
      .execute();
  }
  const statements = db.getExecutor().adapter instanceof PostgresAdapter ? POSTGRES : SQLITE;
  for (const statement of statements) await sql.raw(statement).execute(db);
}

const MESSAGE = 'the audit is append-only';

const SQLITE = [
  `create trigger portico_audit_update before update on portico_audit
   begin select raise(abort, '${MESSAGE}'); end`,
  `create trigger portico_audit_delete before delete on portico_audit
   when old.expires > cast(strftime('%s', 'now') as integer) * 1000
   begin select raise(abort, '${MESSAGE}'); end`,
  // Else "insert or replace" would remove the row that is there without asking the trigger above.
  `create trigger portico_audit_insert before insert on portico_audit
   when exists (select 1 from portico_audit where id = new.id)
   begin select raise(ignore); end`,
];

const POSTGRES = [
  `create function portico_audit_refuse() returns trigger language plpgsql as $$
   begin raise exception '${MESSAGE}' using errcode = 'restrict_violation'; end $$`,
  `create trigger portico_audit_update before update on portico_audit
   for each row execute function portico_audit_refuse()`,
  `create trigger portico_audit_delete before delete on portico_audit
   for each row when (old.expires > extract(epoch from now()) * 1000) execute function portico_audit_refuse()`,
  `create trigger portico_audit_truncate before truncate on portico_audit
   for each statement execute function portico_audit_refuse()`,
];
