import type { Kysely } from 'kysely';
import { addAccounts } from './migration/0001-accounts.ts';
import { addApiKeys } from './migration/0002-api-keys.ts';
import { addAudit } from './migration/0003-audit.ts';
import type { Tables } from './tables.ts';

/** One step of the database's history; once released it is never changed, only followed by others. */
export interface Migration {
  /** A number of four digits and the subject: `0001-accounts`. */
  readonly name: string;
  /** Runs within the transaction of all. Portable types only: text, integer, bigint. */
  up(db: Kysely<Tables>): Promise<void>;
}

/** All of them, in the order in which they are applied. */
export const migrations: readonly Migration[] = [
  { name: '0001-accounts', up: addAccounts },
  { name: '0002-api-keys', up: addApiKeys },
  { name: '0003-audit', up: addAudit },
];
