import type { Kysely } from 'kysely';
import type { Tables } from '../tables.ts';

/** API keys: their hashes, and what they may do. */
export async function addApiKeys(db: Kysely<Tables>): Promise<void> {
  await db.schema
    .createTable('portico_api_key')
    .addColumn('id', 'text', (column) => column.primaryKey())
    .addColumn('hash', 'text', (column) => column.notNull().unique())
    .addColumn('name', 'text', (column) => column.notNull())
    .addColumn('owner', 'text', (column) => column.notNull())
    .addColumn('owner_name', 'text')
    .addColumn('made_via', 'text', (column) => column.notNull())
    .addColumn('roles', 'text', (column) => column.notNull())
    .addColumn('scopes', 'text', (column) => column.notNull())
    .addColumn('limit_requests', 'bigint')
    .addColumn('limit_window', 'bigint')
    .addColumn('created_at', 'bigint', (column) => column.notNull())
    .addColumn('expires_at', 'bigint')
    .addColumn('last_used_at', 'bigint')
    .addColumn('revoked_at', 'bigint')
    .execute();
  await db.schema
    .createIndex('portico_api_key_owner')
    .on('portico_api_key')
    .columns(['owner', 'created_at'])
    .execute();
}
