import { pino } from 'pino';
import type { Config } from '../config/schema/config.ts';
import type { Environment } from '../config/source/environment.ts';
import { type Accounts, createAccounts } from '../identity/account/accounts.ts';
import type { HashingPlace } from '../identity/account/passwords.ts';
import type { Audit } from '../kernel/audit-event.ts';
import { systemClock } from '../kernel/clock.ts';
import { CommandFailure } from './failure.ts';
import { loadSettings } from './load-settings.ts';
import { onRecord, withDatabase } from './with-database.ts';

/** The accounts of a configuration, at hand for a command. */
export interface AccountsAtHand {
  readonly accounts: Accounts;
  readonly auth: Config['auth'];
  /** Puts on record what the command does. */
  readonly audit: Audit;
}

/**
 * Does something with the accounts of a configuration; a gateway that runs on the same storage hears of it as of what
 * any other gateway does. Throws `ConfigurationError`, and `CommandFailure` if there are no accounts, or if their
 * database is out of reach.
 */
export async function withAccounts<T>(
  file: string,
  work: (at: AccountsAtHand) => Promise<T>,
  env: Environment = process.env,
): Promise<T> {
  const loaded = await loadSettings(file, env);
  const { auth } = loaded.config;
  if (!auth.accounts.enabled) {
    const { line, column } = loaded.positions.key(['auth', 'accounts', 'enabled']);
    throw new CommandFailure([
      `${file}:${line}:${column}: there are no accounts; set auth.accounts.enabled: true`,
    ]);
  }
  return withDatabase({ loaded, purpose: 'accounts', redis: true }, ({ database, redis }) =>
    onRecord(database, loaded, (audit) => {
      const logger = pino({ level: 'silent' });
      // One command hashes one password.
      const place: HashingPlace = (hash) => hash();
      const accounts = createAccounts({ database, redis, place, clock: systemClock, logger });
      return work({ accounts, auth, audit });
    }),
  );
}
