import { createHash, randomBytes } from 'node:crypto';
import type { Clock } from '../../kernel/clock.ts';
import type { Database } from '../../storage/database.ts';
import { type Account, ADMIN_ROLE, hasAdmin, insertAccount, type NewAccount } from './account-store.ts';

/** Milliseconds that somebody has to make the first admin. */
const LIFETIME = 3_600_000;

export type SetupResult =
  | { readonly ok: true; readonly account: Account }
  /** `refused`: unknown, used or expired, or there is an admin already. */
  | { readonly ok: false; readonly reason: 'refused' | 'taken' };

/** A token that lets whoever has it make the first admin, once; undefined if there is one. */
export async function newSetupToken({ db }: Database, clock: Clock): Promise<string | undefined> {
  if (await hasAdmin(db)) return undefined;
  const token = randomBytes(32).toString('base64url');
  const row = { token_hash: hashOf(token), expires_at: clock.wall() + LIFETIME };
  await db.insertInto('portico_setup_token').values(row).execute();
  return token;
}

/** Whether the token would do now. */
export async function isSetupToken({ db }: Database, token: string, clock: Clock): Promise<boolean> {
  const row = await db
    .selectFrom('portico_setup_token')
    .select('token_hash')
    .where('token_hash', '=', hashOf(token))
    .where('expires_at', '>', clock.wall())
    .executeTakeFirst();
  return row !== undefined && !(await hasAdmin(db));
}

/** Makes the first admin and ends every such token. */
export function useSetupToken(
  { db }: Database,
  token: string,
  account: Pick<NewAccount, 'username' | 'passwordHash'>,
  clock: Clock,
): Promise<SetupResult> {
  return db
    .transaction()
    .execute(async (transaction): Promise<SetupResult> => {
      // First of all, for whoever deletes the row has the token: of any number who try at once one does.
      const { numDeletedRows } = await transaction
        .deleteFrom('portico_setup_token')
        .where('token_hash', '=', hashOf(token))
        .where('expires_at', '>', clock.wall())
        .executeTakeFirst();
      if (numDeletedRows !== 1n || (await hasAdmin(transaction))) return { ok: false, reason: 'refused' };
      const made = await insertAccount(transaction, { ...account, roles: [ADMIN_ROLE] }, clock);
      if (made === undefined) throw new NameTaken();
      await transaction.deleteFrom('portico_setup_token').execute();
      return { ok: true, account: made };
    })
    .catch((error: unknown) => {
      if (error instanceof NameTaken) return { ok: false, reason: 'taken' };
      throw error;
    });
}

/** Undoes what the transaction has done so far, so that another name can be tried. */
class NameTaken extends Error {}

function hashOf(token: string): string {
  return createHash('sha256').update(token).digest('base64url');
}
