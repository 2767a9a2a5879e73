import type { Transaction } from 'kysely';
import type { Clock } from '../../kernel/clock.ts';
import { newUuidV7 } from '../../kernel/id.ts';
import type { JsonObject } from '../../kernel/json.ts';
import type { Database } from '../../storage/database.ts';
import type { Tables } from '../../storage/tables.ts';
import { readUsername, usernameFault } from './credentials.ts';
import type { EndedFamily } from './ended-families.ts';
import { endFamiliesOf } from './family-store.ts';

export interface Account {
  /** UUIDv7. */
  readonly id: string;
  readonly username: string;
  readonly roles: readonly string[];
  readonly scopes: readonly string[];
  /** What else was given when it was registered. */
  readonly profile: JsonObject;
  /** Moments are milliseconds since 1970. */
  readonly createdAt: number;
  readonly lastLoginAt: number | undefined;
  readonly disabledAt: number | undefined;
}

/** An account with what never leaves this folder. */
export interface StoredAccount {
  readonly account: Account;
  readonly passwordHash: string;
  readonly version: number;
}

export interface NewAccount {
  readonly username: string;
  readonly passwordHash: string;
  readonly roles?: readonly string[];
  readonly scopes?: readonly string[];
  readonly profile?: JsonObject;
}

export interface AccountChange {
  readonly passwordHash?: string;
  readonly roles?: readonly string[];
  readonly scopes?: readonly string[];
  readonly disabled?: boolean;
}

type Connection = Database['db'] | Transaction<Tables>;

/** The role of those who may do everything. */
export const ADMIN_ROLE = 'admin';

/** Undefined if the name is taken. */
export async function insertAccount(
  db: Connection,
  { username, passwordHash, roles = [], scopes = [], profile = {} }: NewAccount,
  clock: Clock,
): Promise<Account | undefined> {
  const { shown, key } = readUsername(username);
  const now = clock.wall();
  const row = {
    id: newUuidV7(now),
    username: shown,
    username_key: key,
    password_hash: passwordHash,
    roles: JSON.stringify(roles),
    scopes: JSON.stringify(scopes),
    profile: JSON.stringify(profile),
    created_at: now,
    last_login_at: null,
    disabled_at: null,
    version: 1,
  };
  const done = await db
    .insertInto('portico_account')
    .values(row)
    .onConflict((conflict) => conflict.column('username_key').doNothing())
    .returning('id')
    .executeTakeFirst();
  return done === undefined ? undefined : readAccount(row);
}

export async function findAccount(db: Connection, username: string): Promise<StoredAccount | undefined> {
  // What no account can be called is not asked for: PostgreSQL takes no NUL, say.
  if (usernameFault(username) !== undefined) return undefined;
  return findBy(db, 'username_key', readUsername(username).key);
}

export function findAccountById(db: Connection, id: string): Promise<StoredAccount | undefined> {
  return findBy(db, 'id', id);
}

async function findBy(
  db: Connection,
  column: 'id' | 'username_key',
  value: string,
): Promise<StoredAccount | undefined> {
  const row = await db.selectFrom('portico_account').selectAll().where(column, '=', value).executeTakeFirst();
  return row && readStored(row);
}

/** In the order in which they were made. */
export async function listAccounts(db: Connection): Promise<Account[]> {
  const rows = await db.selectFrom('portico_account').selectAll().orderBy('id').execute();
  return rows.map(readAccount);
}

/** Whether somebody can sign in who may do everything. */
export async function hasAdmin(db: Connection): Promise<boolean> {
  const rows = await db
    .selectFrom('portico_account')
    .select('roles')
    .where('disabled_at', 'is', null)
    .execute();
  return rows.some(({ roles }) => parseList(roles).includes(ADMIN_ROLE));
}

/** Changes an account and ends its logins, all or nothing. Gives those that have ended. */
export async function changeAccount(
  db: Database['db'],
  { id }: Account,
  change: AccountChange,
  clock: Clock,
): Promise<readonly EndedFamily[]> {
  const { passwordHash, roles, scopes, disabled } = change;
  return db.transaction().execute(async (transaction) => {
    // The row is held until the end: a login comes either before it, and is ended, or after it, and sees the change.
    await transaction
      .updateTable('portico_account')
      .set((row) => ({
        version: row('version', '+', 1),
        ...(passwordHash === undefined ? {} : { password_hash: passwordHash }),
        ...(roles === undefined ? {} : { roles: JSON.stringify(roles) }),
        ...(scopes === undefined ? {} : { scopes: JSON.stringify(scopes) }),
        ...(disabled === undefined ? {} : { disabled_at: disabled ? clock.wall() : null }),
      }))
      .where('id', '=', id)
      .execute();
    return endFamiliesOf(transaction, id, clock);
  });
}

/** Removes an account and ends its logins. Gives those that have ended. */
export async function removeAccount(
  db: Database['db'],
  { id }: Account,
  clock: Clock,
): Promise<readonly EndedFamily[]> {
  return db.transaction().execute(async (transaction) => {
    await transaction.deleteFrom('portico_account').where('id', '=', id).execute();
    return endFamiliesOf(transaction, id, clock);
  });
}

interface AccountRow extends ShownRow {
  readonly password_hash: string;
  readonly version: number;
}

interface ShownRow {
  readonly id: string;
  readonly username: string;
  readonly roles: string;
  readonly scopes: string;
  readonly profile: string;
  readonly created_at: number;
  readonly last_login_at: number | null;
  readonly disabled_at: number | null;
}

function readStored(row: AccountRow): StoredAccount {
  return { account: readAccount(row), passwordHash: row.password_hash, version: row.version };
}

function readAccount(row: ShownRow): Account {
  return {
    id: row.id,
    username: row.username,
    roles: parseList(row.roles),
    scopes: parseList(row.scopes),
    profile: JSON.parse(row.profile) as JsonObject,
    createdAt: row.created_at,
    lastLoginAt: row.last_login_at ?? undefined,
    disabledAt: row.disabled_at ?? undefined,
  };
}

function parseList(text: string): readonly string[] {
  return JSON.parse(text) as string[];
}
