import type { Selectable } from 'kysely';
import type { Database } from '../../storage/database.ts';
import type { ApiKeyTable } from '../../storage/tables.ts';
import type { ApiKey } from './api-key.ts';

/** The keys in the database. Everything rejects with `StorageUnavailableError` while that is out of reach. */
export interface ApiKeyStore {
  /**
   * Those of these hashes, by hash; revoked and expired ones too. A key ends with the account that it stands for, and one
   * that an account has made for itself holds no more than that account holds now.
   */
  find(hashes: readonly string[]): Promise<ReadonlyMap<string, ApiKey>>;
  insert(key: ApiKey, hash: string): Promise<void>;
  /** Newest first, `limit` at the most; of one owner, or of all. */
  list(filter: { readonly owner?: string | undefined; readonly limit: number }): Promise<ApiKey[]>;
  /** How many an owner has, revoked and expired ones included. */
  count(owner: string): Promise<number>;
  /** Ends a key, of this owner if one is given; undefined if there is no such key that is not revoked yet. */
  revoke(id: string, at: number, owner: string | undefined): Promise<ApiKey | undefined>;
  /** Notes that these were used. */
  touch(ids: readonly string[], at: number): Promise<void>;
  /** Forgets the keys of an owner that ended before this moment. */
  purge(owner: string, before: number): Promise<void>;
}

const TABLE = 'portico_api_key';

export function createApiKeyStore({ db }: Database): ApiKeyStore {
  return {
    async find(hashes) {
      const rows = await db
        .selectFrom('portico_api_key as key')
        .leftJoin('portico_account as account', 'account.id', 'key.owner')
        .selectAll('key')
        .select([
          'account.id as account_id',
          'account.disabled_at as account_disabled_at',
          'account.roles as account_roles',
          'account.scopes as account_scopes',
        ])
        .where('hash', 'in', hashes)
        .execute();
      return new Map(rows.map((row) => [row.hash, withinAccount(readKey(row), row)]));
    },

    async insert(key, hash) {
      await db
        .insertInto(TABLE)
        .values({ ...writeKey(key), hash })
        .execute();
    },

    async list({ owner, limit }) {
      let query = db.selectFrom(TABLE).selectAll().orderBy('created_at', 'desc').orderBy('id').limit(limit);
      if (owner !== undefined) query = query.where('owner', '=', owner);
      return (await query.execute()).map(readKey);
    },

    async count(owner) {
      const { n } = await db
        .selectFrom(TABLE)
        .select(({ fn }) => fn.countAll().as('n'))
        .where('owner', '=', owner)
        .executeTakeFirstOrThrow();
      return Number(n);
    },

    async revoke(id, at, owner) {
      let query = db
        .updateTable(TABLE)
        .set({ revoked_at: at })
        .where('id', '=', id)
        .where('revoked_at', 'is', null);
      if (owner !== undefined) query = query.where('owner', '=', owner);
      const row = await query.returningAll().executeTakeFirst();
      return row && readKey(row);
    },

    async touch(ids, at) {
      await db.updateTable(TABLE).set({ last_used_at: at }).where('id', 'in', ids).execute();
    },

    async purge(owner, before) {
      await db
        .deleteFrom(TABLE)
        .where('owner', '=', owner)
        .where((is) => is.or([is('revoked_at', '<', before), is('expires_at', '<', before)]))
        .execute();
    },
  };
}

/** The account that a key stands for; all null: there is none (any more). */
interface AccountPart {
  readonly account_id: string | null;
  readonly account_disabled_at: number | null;
  readonly account_roles: string | null;
  readonly account_scopes: string | null;
}

function withinAccount(key: ApiKey, account: AccountPart): ApiKey {
  const isOwn = key.madeVia === 'account';
  const endedAt = account.account_disabled_at ?? (isOwn && account.account_id === null ? 0 : undefined);
  if (endedAt !== undefined) return { ...key, revokedAt: key.revokedAt ?? endedAt };
  if (!isOwn) return key;
  return {
    ...key,
    roles: common(key.roles, account.account_roles),
    scopes: common(key.scopes, account.account_scopes),
  };
}

function common(names: readonly string[], held: string | null): readonly string[] {
  const all = new Set(readList(held ?? '[]'));
  return Object.freeze(names.filter((name) => all.has(name)));
}

function readList(text: string): string[] {
  return JSON.parse(text) as string[];
}

function readKey(row: Selectable<ApiKeyTable>): ApiKey {
  const { limit_requests: requests, limit_window: windowMs } = row;
  return {
    id: row.id,
    name: row.name,
    owner: row.owner,
    ownerName: row.owner_name ?? undefined,
    madeVia: row.made_via as ApiKey['madeVia'],
    roles: Object.freeze(readList(row.roles)),
    scopes: Object.freeze(readList(row.scopes)),
    limit: requests === null || windowMs === null ? undefined : Object.freeze({ requests, windowMs }),
    createdAt: row.created_at,
    expiresAt: row.expires_at ?? undefined,
    lastUsedAt: row.last_used_at ?? undefined,
    revokedAt: row.revoked_at ?? undefined,
  };
}

function writeKey(key: ApiKey): Omit<ApiKeyTable, 'hash'> {
  return {
    id: key.id,
    name: key.name,
    owner: key.owner,
    owner_name: key.ownerName ?? null,
    made_via: key.madeVia,
    roles: JSON.stringify(key.roles),
    scopes: JSON.stringify(key.scopes),
    limit_requests: key.limit?.requests ?? null,
    limit_window: key.limit?.windowMs ?? null,
    created_at: key.createdAt,
    expires_at: key.expiresAt ?? null,
    last_used_at: key.lastUsedAt ?? null,
    revoked_at: key.revokedAt ?? null,
  };
}
