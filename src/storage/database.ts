import type { Kysely } from 'kysely';
import type { Tables } from './tables.ts';

/** The database, embedded or PostgreSQL: the same tables and the same SQL. */
export interface Database {
  /**
   * For queries. They reject with `StorageUnavailableError` while the database is out of reach or its schema is not
   * the one of this version, and with the driver's error if they are wrong themselves.
   */
  readonly db: Kysely<Tables>;
  readonly kind: 'sqlite' | 'postgres';
  /** What is known without asking. */
  readonly isUp: boolean;
  /** Asks the database. Rejects with `StorageUnavailableError` if it can't be used. */
  check(): Promise<void>;
  close(): Promise<void>;
}
