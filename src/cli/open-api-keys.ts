import { type ApiKeys, createApiKeys } from '../identity/api-key/api-keys.ts';
import type { Audit } from '../kernel/audit-event.ts';
import { systemClock } from '../kernel/clock.ts';
import { CommandFailure } from './failure.ts';
import { loadSettings } from './load-settings.ts';
import { onRecord, withDatabase } from './with-database.ts';

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
  const loaded = await loadSettings(file);
  if (!loaded.config.auth.apiKeys.enabled) {
    const { line, column } = loaded.positions.key(['auth', 'apiKeys', 'enabled']);
    const message = 'there are no API keys; set auth.apiKeys.enabled: true';
    throw new CommandFailure([`${file}:${line}:${column}: ${message}`]);
  }
  await withDatabase({ loaded, purpose: 'API keys' }, ({ database }) =>
    onRecord(database, loaded, (audit) => work({ keys: createApiKeys(database, systemClock), audit })),
  );
}
