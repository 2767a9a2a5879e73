import type { AccountTables } from './account-tables.ts';

/**
 * The tables of the database as queries see them, one entry for each. Types of columns are the same on both kinds of
 * database: text, integer, and bigint of milliseconds since 1970, which come as numbers.
 */
export interface Tables extends AccountTables {
  /** What has been done to this database: see migrate.ts. */
  readonly portico_migration: MigrationTable;
  /** See migration/0002-api-keys.ts. */
  readonly portico_api_key: ApiKeyTable;
  /** See migration/0003-audit.ts. */
  readonly portico_audit: AuditTable;
}

interface MigrationTable {
  readonly name: string;
  /** Milliseconds since 1970. */
  readonly applied_at: number;
}

export interface ApiKeyTable {
  /** Shown, and part of the key's text. */
  readonly id: string;
  /** SHA-256 of the whole text, in hex. */
  readonly hash: string;
  readonly name: string;
  /** Id of the principal that the key stands for. */
  readonly owner: string;
  readonly owner_name: string | null;
  /** How its maker had proved who it is, or `command`. */
  readonly made_via: string;
  /** JSON lists of text. */
  readonly roles: string;
  readonly scopes: string;
  /** Both null: it has no limit of its own. The window is in milliseconds. */
  readonly limit_requests: number | null;
  readonly limit_window: number | null;
  readonly created_at: number;
  readonly expires_at: number | null;
  readonly last_used_at: number | null;
  readonly revoked_at: number | null;
}

/** Rows are added, and removed when they have expired; nothing else is possible. */
export interface AuditTable {
  readonly id: string;
  readonly time: number;
  readonly until: number;
  readonly expires: number;
  readonly times: number;
  readonly action: string;
  readonly outcome: string;
  readonly actor: string | null;
  readonly via: string | null;
  readonly ip: string | null;
  readonly request: string | null;
  readonly object: string | null;
  readonly reason: string | null;
  /** JSON. */
  readonly before_state: string | null;
  readonly after_state: string | null;
}
