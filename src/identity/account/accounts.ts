import type { Signal } from '../../kernel/abort.ts';
import type { Clock } from '../../kernel/clock.ts';
import type { Database } from '../../storage/database.ts';
import type { RedisLink } from '../../storage/redis-link.ts';
import type { OwnTokens } from '../verify-token.ts';
import { accessTokenAnchor, accountPrincipal } from './access-token.ts';
import {
  type Account,
  type AccountChange,
  changeAccount,
  findAccount,
  insertAccount,
  listAccounts,
  type NewAccount,
  removeAccount,
} from './account-store.ts';
import { createEndedFamilies } from './ended-families.ts';
import { createPasswords, type HashingPlace } from './passwords.ts';
import { createSessions, type Sessions } from './sessions.ts';
import { isSetupToken, newSetupToken, type SetupResult, useSetupToken } from './setup-token.ts';
import { createSigningKeys, type SigningKeys } from './signing-keys.ts';

/** A name and the password that its user chose, both faultless (see credentials.ts). */
export interface Credentials {
  readonly username: string;
  readonly password: string;
}

/** A change of an account as it is asked for. */
export interface AccountRequest extends Omit<AccountChange, 'passwordHash'> {
  readonly password?: string;
}

/** The gateway's own accounts. All that is asynchronous rejects with `StorageUnavailableError` while the database is away. */
export interface Accounts extends Sessions {
  readonly keys: SigningKeys;
  /** For who verifies bearer tokens. */
  readonly tokens: OwnTokens;
  /** Undefined if the name is taken. */
  create(
    account: Credentials & Omit<NewAccount, 'passwordHash'>,
    signal?: Signal,
  ): Promise<Account | undefined>;
  find(username: string): Promise<Account | undefined>;
  list(): Promise<readonly Account[]>;
  /** Ends all logins of the account as well, so that nobody goes on with what it was. */
  change(account: Account, request: AccountRequest): Promise<void>;
  /** Ends all logins of the account as well. */
  remove(account: Account): Promise<void>;
  /** A token that lets whoever has it make the first admin, once and within the hour; undefined if there is one. */
  invite(): Promise<string | undefined>;
  isInvited(token: string): Promise<boolean>;
  acceptInvitation(token: string, credentials: Credentials, signal?: Signal): Promise<SetupResult>;
}

export interface AccountsOptions {
  readonly database: Database;
  readonly redis: RedisLink | undefined;
  /** Bounds how much hashing goes on at a time. */
  readonly place: HashingPlace;
  readonly clock: Clock;
  readonly logger: {
    info(fields: object, message: string): void;
    warn(fields: object, message: string): void;
  };
}

export function createAccounts({ database, redis, place, clock, logger }: AccountsOptions): Accounts {
  const { db } = database;
  const passwords = createPasswords(place);
  const keys = createSigningKeys(database, { clock, logger });
  const ended = createEndedFamilies({ database, redis, clock, logger });
  const hasEnded: OwnTokens['hasEnded'] = ({ claims }) => ended.has(String(claims.sid));

  return {
    ...createSessions({ database, keys, ended, passwords, clock }),
    keys,
    tokens: { anchor: accessTokenAnchor(keys), toPrincipal: accountPrincipal, hasEnded },
    async create({ password, ...account }, signal) {
      return insertAccount(db, { ...account, passwordHash: await passwords.hash(password, signal) }, clock);
    },
    async find(username) {
      return (await findAccount(db, username))?.account;
    },
    list: () => listAccounts(db),
    async change(account, { password, ...change }) {
      const passwordHash = password === undefined ? undefined : await passwords.hash(password);
      const hashed = passwordHash === undefined ? {} : { passwordHash };
      await ended.add(await changeAccount(db, account, { ...change, ...hashed }, clock));
    },
    async remove(account) {
      await ended.add(await removeAccount(db, account, clock));
    },
    invite: () => newSetupToken(database, clock),
    isInvited: (token) => isSetupToken(database, token, clock),
    async acceptInvitation(token, { username, password }, signal) {
      // Looked at first, for a hash costs much more than a question.
      if (!(await isSetupToken(database, token, clock))) return { ok: false, reason: 'refused' };
      const passwordHash = await passwords.hash(password, signal);
      return useSetupToken(database, token, { username, passwordHash }, clock);
    },
  };
}
