import type { Transaction } from 'kysely';
import type { Clock } from '../../kernel/clock.ts';
import { newUuidV7 } from '../../kernel/id.ts';
import type { Database } from '../../storage/database.ts';
import type { Tables } from '../../storage/tables.ts';
import type { EndedFamily } from './ended-families.ts';
import { newProofKey, newRefreshToken } from './refresh-token.ts';

type Connection = Database['db'] | Transaction<Tables>;

/** One login, and the one refresh token of it that may still be used. */
export interface Family {
  readonly id: string;
  readonly accountId: string;
  readonly proofKey: string;
  readonly tokenHash: string;
  readonly expiresAt: number;
  readonly endedAt: number | undefined;
}

/** Until when what is given out holds, in milliseconds since 1970. */
export interface FamilyTerms {
  readonly refreshUntil: number;
  readonly accessUntil: number;
}

/** A new family; gives its id and its first refresh token. */
export async function insertFamily(
  db: Connection,
  accountId: string,
  terms: FamilyTerms,
  clock: Clock,
): Promise<{ readonly id: string; readonly token: string }> {
  const now = clock.wall();
  const id = newUuidV7(now);
  const proofKey = newProofKey();
  const { text, hash } = newRefreshToken(id, proofKey);
  await db
    .insertInto('portico_refresh_family')
    .values({
      id,
      account_id: accountId,
      proof_key: proofKey,
      token_hash: hash,
      created_at: now,
      expires_at: terms.refreshUntil,
      access_until: terms.accessUntil,
      ended_at: null,
    })
    .execute();
  return { id, token: text };
}

export async function findFamily(db: Connection, id: string): Promise<Family | undefined> {
  const row = await db
    .selectFrom('portico_refresh_family')
    .selectAll()
    .where('id', '=', id)
    .executeTakeFirst();
  if (row === undefined) return undefined;
  return {
    id,
    accountId: row.account_id,
    proofKey: row.proof_key,
    tokenHash: row.token_hash,
    expiresAt: row.expires_at,
    endedAt: row.ended_at ?? undefined,
  };
}

/**
 * Puts a new token in the place of the one that was used; gives its text, or undefined if that one has been used, or
 * the family ended, in the meantime: of any number who try at once one gets it.
 */
export async function rotateToken(
  db: Connection,
  { id, tokenHash, proofKey }: Family,
  terms: FamilyTerms,
): Promise<string | undefined> {
  const { text, hash } = newRefreshToken(id, proofKey);
  const done = await db
    .updateTable('portico_refresh_family')
    .set({ token_hash: hash, expires_at: terms.refreshUntil, access_until: terms.accessUntil })
    .where('id', '=', id)
    .where('token_hash', '=', tokenHash)
    .where('ended_at', 'is', null)
    .executeTakeFirst();
  return done.numUpdatedRows === 1n ? text : undefined;
}

/** Ends one login; gives it unless it had ended before. */
export function endFamily(db: Connection, id: string, clock: Clock): Promise<readonly EndedFamily[]> {
  return end(db, 'id', id, clock);
}

/** Ends every login of an account; gives those that had not ended before. */
export function endFamiliesOf(
  db: Connection,
  accountId: string,
  clock: Clock,
): Promise<readonly EndedFamily[]> {
  return end(db, 'account_id', accountId, clock);
}

async function end(
  db: Connection,
  column: 'id' | 'account_id',
  value: string,
  clock: Clock,
): Promise<readonly EndedFamily[]> {
  const rows = await db
    .updateTable('portico_refresh_family')
    .set({ ended_at: clock.wall() })
    .where(column, '=', value)
    .where('ended_at', 'is', null)
    .returning(['id', 'access_until'])
    .execute();
  return rows.map(({ id, access_until }) => ({ id, until: access_until }));
}

/** Removes what none of whose tokens could be of use any more. */
export async function sweepFamilies(db: Connection, clock: Clock): Promise<void> {
  const now = clock.wall();
  await db
    .deleteFrom('portico_refresh_family')
    .where('access_until', '<', now)
    .where((either) => either.or([either('expires_at', '<', now), either('ended_at', 'is not', null)]))
    .execute();
}
