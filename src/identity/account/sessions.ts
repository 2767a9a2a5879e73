import type { Signal } from '../../kernel/abort.ts';
import type { Clock } from '../../kernel/clock.ts';
import type { Principal } from '../../kernel/principal.ts';
import type { Database } from '../../storage/database.ts';
import { acceptedUntil, mintAccessToken, type TokenTerms } from './access-token.ts';
import { type Account, findAccount, findAccountById, type StoredAccount } from './account-store.ts';
import type { EndedFamilies } from './ended-families.ts';
import {
  endFamily,
  type Family,
  findFamily,
  insertFamily,
  rotateToken,
  sweepFamilies,
} from './family-store.ts';
import type { Passwords } from './passwords.ts';
import { hashOf, isGenuine, readRefreshToken } from './refresh-token.ts';
import type { SigningKey } from './signing-key-store.ts';
import type { SigningKeys } from './signing-keys.ts';

/** How long tokens are good for, in milliseconds. */
export interface Lifetimes {
  readonly accessTokenTtl: number;
  readonly refreshTokenTtl: number;
}

/** What a client gets to prove itself with. */
export interface TokenPair {
  readonly accessToken: string;
  readonly refreshToken: string;
  /** Seconds that the access token is good for. */
  readonly expiresIn: number;
}

export type LoginResult =
  | { readonly ok: true; readonly account: Account; readonly tokens: TokenPair }
  /** `accountId` and `reason` are for the audit: the client must not be able to tell the cases apart. */
  | {
      readonly ok: false;
      readonly accountId: string | undefined;
      readonly reason: 'unknown' | 'password' | 'disabled';
    };

export type RefreshResult =
  | { readonly ok: true; readonly account: Account; readonly tokens: TokenPair }
  | {
      readonly ok: false;
      readonly accountId: string | undefined;
      /** `reused`: it had been used, and its family has been ended. */
      readonly reason: 'unknown' | 'expired' | 'ended' | 'reused';
    };

/** Login, refresh and logout. All reject with a `StorageUnavailableError` while the database is away. */
export interface Sessions {
  /** Rejects with UPSTREAM_OVERLOADED (503) if too many passwords wait to be hashed. */
  login(username: string, password: string, lifetimes: Lifetimes, signal?: Signal): Promise<LoginResult>;
  refresh(refreshToken: string, lifetimes: Lifetimes): Promise<RefreshResult>;
  /** Ends the login that an access token came of, and that of a refresh token if one is given that was given out once. */
  logout(principal: Principal, refreshToken: string | undefined): Promise<void>;
}

export interface SessionsOptions {
  readonly database: Database;
  readonly keys: SigningKeys;
  readonly ended: EndedFamilies;
  readonly passwords: Passwords;
  readonly clock: Clock;
}

/** Milliseconds between clearings of what has ended. */
const SWEEP = 600_000;

export function createSessions({ database, keys, ended, passwords, clock }: SessionsOptions): Sessions {
  const { db } = database;
  let sweptAt = Number.NEGATIVE_INFINITY;

  /** Nobody waits for it; what is not cleared now is cleared another time. */
  function sweep(): void {
    if (clock.now() - sweptAt < SWEEP) return;
    sweptAt = clock.now();
    sweepFamilies(db, clock).catch(() => {});
  }

  /** A login that comes too late, after the account has changed, gets nothing. */
  async function begin({ account, version }: StoredAccount, passwordHash: string, lifetimes: Lifetimes) {
    const key = await keys.current();
    const wall = clock.wall();
    const family = await db.transaction().execute(async (transaction) => {
      const { numUpdatedRows } = await transaction
        .updateTable('portico_account')
        .set({ last_login_at: wall, password_hash: passwordHash })
        .where('id', '=', account.id)
        .where('version', '=', version)
        .where('disabled_at', 'is', null)
        .executeTakeFirst();
      if (numUpdatedRows !== 1n) return undefined;
      return insertFamily(transaction, account.id, termsOf(lifetimes, wall), clock);
    });
    if (family === undefined) return undefined;
    return giveOut(account, key, { familyId: family.id, wall, ttl: lifetimes.accessTokenTtl }, family.token);
  }

  async function renew(account: Account, family: Family, lifetimes: Lifetimes) {
    const key = await keys.current();
    const wall = clock.wall();
    const token = await rotateToken(db, family, termsOf(lifetimes, wall));
    if (token === undefined) return undefined;
    return giveOut(account, key, { familyId: family.id, wall, ttl: lifetimes.accessTokenTtl }, token);
  }

  /** Whether it had not ended before. */
  async function endOne(id: string): Promise<boolean> {
    const families = await endFamily(db, id, clock);
    await ended.add(families);
    return families.length > 0;
  }

  return {
    async login(username, password, lifetimes, signal) {
      const stored = await findAccount(db, username);
      const isRight = await passwords.matches(password, stored?.passwordHash, signal);
      const refuse = (reason: 'unknown' | 'password' | 'disabled') =>
        ({ ok: false, accountId: stored?.account.id, reason }) as const;
      if (stored === undefined) return refuse('unknown');
      if (!isRight) return refuse('password');
      const { account, passwordHash } = stored;
      if (account.disabledAt !== undefined) return refuse('disabled');
      const renewed = passwords.isOutdated(passwordHash)
        ? await passwords.hash(password, signal)
        : passwordHash;
      sweep();
      const tokens = await begin(stored, renewed, lifetimes);
      return tokens === undefined ? refuse('disabled') : { ok: true, account, tokens };
    },

    async refresh(text, lifetimes) {
      const token = readRefreshToken(text);
      const family = token && (await findFamily(db, token.familyId));
      // Who made the token up must not be able to end anything.
      if (token === undefined || family === undefined || !isGenuine(token, family.proofKey)) {
        return { ok: false, accountId: undefined, reason: 'unknown' };
      }
      const refuse = (reason: 'expired' | 'ended' | 'reused') =>
        ({ ok: false, accountId: family.accountId, reason }) as const;
      if (family.endedAt !== undefined) return refuse('ended');
      if (hashOf(token.secret) !== family.tokenHash) {
        await endOne(family.id);
        return refuse('reused');
      }
      if (family.expiresAt <= clock.wall()) return refuse('expired');
      const account = (await findAccountById(db, family.accountId))?.account;
      if (account === undefined || account.disabledAt !== undefined) return refuse('ended');
      const tokens = await renew(account, family, lifetimes);
      if (tokens !== undefined) return { ok: true, account, tokens };
      // Somebody else has used it a moment ago, and one of the two has stolen it; unless the login ended just now.
      return refuse((await endOne(family.id)) ? 'reused' : 'ended');
    },

    async logout({ claims }, refreshToken) {
      const { sid } = claims;
      if (typeof sid === 'string') await endOne(sid);
      const token = refreshToken === undefined ? undefined : readRefreshToken(refreshToken);
      if (token === undefined || token.familyId === sid) return;
      const family = await findFamily(db, token.familyId);
      if (family !== undefined && isGenuine(token, family.proofKey)) await endOne(family.id);
    },
  };
}

async function giveOut(
  account: Account,
  key: SigningKey,
  terms: TokenTerms,
  refreshToken: string,
): Promise<TokenPair> {
  const accessToken = await mintAccessToken(account, key, terms);
  return { accessToken, refreshToken, expiresIn: Math.floor(terms.ttl / 1000) };
}

function termsOf({ accessTokenTtl, refreshTokenTtl }: Lifetimes, wall: number) {
  return {
    refreshUntil: wall + refreshTokenTtl,
    accessUntil: acceptedUntil({ wall, ttl: accessTokenTtl }),
  };
}
