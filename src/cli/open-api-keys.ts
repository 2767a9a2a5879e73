import { pino } from 'pino';
import { loadConfig } from '../config/load-config.ts';
import { type ApiKeys, createApiKeys } from '../identity/api-key/api-keys.ts';
import { type Audit, noAudit } from '../kernel/audit-event.ts';
import { systemClock } from '../kernel/clock.ts';
import { ConfigurationError } from '../kernel/configuration-error.ts';
import { createAuditor } from '../observe/audit.ts';
import { createAuditStore } from '../storage/audit-store.ts';
import { CommandFailure } from './failure.ts';
import { openDatabaseOf } from './open-database.ts';

/** The API keys of a configuration, at hand for a command. */
export interface ApiKeysAtHand {
  readonly keys: ApiKeys;
  /** Puts on record what the command does. */
  readonly audit: Audit;
}

/**
 * Does something with the API keys of a configuration. Throws `ConfigurationError`, and `CommandFailure` if the
 * configuration has none, or if their database is out of reach.
 */
export async function withApiKeys(file: string, work: (at: ApiKeysAtHand) => Promise<void>): Promise<void> {
  const { loaded, problems } = await loadConfig(file, { env: process.env });
  if (loaded === undefined) throw new ConfigurationError(problems);
  const { auth, telemetry } = loaded.config;
  if (!auth.apiKeys.enabled) {
    const { line, column } = loaded.positions.key(['auth', 'apiKeys', 'enabled']);
    const message = 'there are no API keys; set auth.apiKeys.enabled: true';
    throw new CommandFailure([`${file}:${line}:${column}: ${message}`]);
  }
  const database = await openDatabaseOf(file, 'API keys');
  const store = createAuditStore(database);
  const logger = pino({ level: 'silent' });
  const auditor = createAuditor({ store, retention: telemetry.auditRetention, clock: systemClock, logger });
  try {
    await work({
      keys: createApiKeys(database, systemClock),
      audit: telemetry.audit ? auditor.record : noAudit,
    });
  } finally {
    await auditor.close();
    await database.close();
  }
}
