import { pino } from 'pino';
import { loadConfig } from '../config/load-config.ts';
import type { Config } from '../config/schema/config.ts';
import type { Environment } from '../config/source/environment.ts';
import { type Accounts, createAccounts } from '../identity/account/accounts.ts';
import { type Audit, noAudit } from '../kernel/audit-event.ts';
import { systemClock } from '../kernel/clock.ts';
import { ConfigurationError } from '../kernel/configuration-error.ts';
import { createAuditor } from '../observe/audit.ts';
import { storageSettings } from '../runtime/storage-settings.ts';
import { createAuditStore } from '../storage/audit-store.ts';
import { openStorage } from '../storage/open-storage.ts';
import type { StorageLogger } from '../storage/storage-options.ts';
import { reasonOf } from '../storage/storage-unavailable.ts';
import { CommandFailure } from './failure.ts';

/** The accounts of a configuration, at hand for a command. */
export interface AccountsAtHand {
  readonly accounts: Accounts;
  readonly auth: Config['auth'];
  /** Puts on record what the command does. */
  readonly audit: Audit;
}

/**
 * Does something with the accounts of a configuration; a gateway that runs on the same storage hears of it as of what
 * any other gateway does. Throws `ConfigurationError`, and `CommandFailure` if there are no accounts, or no database.
 */
export async function withAccounts<T>(
  file: string,
  work: (at: AccountsAtHand) => Promise<T>,
  env: Environment = process.env,
): Promise<T> {
  const { loaded, problems } = await loadConfig(file, { env });
  if (loaded === undefined) throw new ConfigurationError(problems);
  const { auth, telemetry } = loaded.config;
  if (!auth.accounts.enabled) {
    const { line, column } = loaded.positions.key(['auth', 'accounts', 'enabled']);
    throw new CommandFailure([
      `${file}:${line}:${column}: there are no accounts; set auth.accounts.enabled: true`,
    ]);
  }
  const faults: string[] = [];
  const storage = await openStorage(storageSettings(loaded.config, loaded.folder), {
    clock: systemClock,
    logger: collect(faults),
  });
  const { database, redis } = storage;
  const logger = pino({ level: 'silent' });
  const store = database && createAuditStore(database);
  const auditor = createAuditor({ store, retention: telemetry.auditRetention, clock: systemClock, logger });
  try {
    if (database === undefined) throw new CommandFailure([`${file}: there is no database`]);
    await database.check().catch((error: unknown) => {
      throw new CommandFailure([faults.at(-1) ?? reasonOf(error)]);
    });
    // One command hashes one password.
    const accounts = createAccounts({ database, redis, place: (hash) => hash(), clock: systemClock, logger });
    return await work({ accounts, auth, audit: telemetry.audit ? auditor.record : noAudit });
  } finally {
    await auditor.close();
    await storage.close();
  }
}

/** A command tells in its own way what is wrong with its storage. */
function collect(faults: string[]): StorageLogger {
  const note = (fields: { readonly reason?: unknown }, message: string) => {
    faults.push(typeof fields.reason === 'string' ? `${message}: ${fields.reason}` : message);
  };
  return { info() {}, warn: note, error: note };
}
