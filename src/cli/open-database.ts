import { loadConfig } from '../config/load-config.ts';
import { systemClock } from '../kernel/clock.ts';
import { ConfigurationError } from '../kernel/configuration-error.ts';
import { storageSettings } from '../runtime/storage-settings.ts';
import type { Database } from '../storage/database.ts';
import { openStorage } from '../storage/open-storage.ts';
import type { StorageLogger } from '../storage/storage-options.ts';
import { reasonOf } from '../storage/storage-unavailable.ts';
import { CommandFailure } from './failure.ts';

/**
 * The database of a configuration, ready to be used; whoever asks for it closes it. Throws `ConfigurationError`, and
 * `CommandFailure` if the configuration needs none (`purpose` says what for), or if it is out of reach.
 */
export async function openDatabaseOf(file: string, purpose: string): Promise<Database> {
  const { loaded, problems } = await loadConfig(file, { env: process.env });
  if (loaded === undefined) throw new ConfigurationError(problems);
  const settings = { ...storageSettings(loaded.config, loaded.folder), redis: '' };
  const heard = listener();
  const { database } = await openStorage(settings, { clock: systemClock, logger: heard });
  if (database === undefined) {
    throw new CommandFailure([
      `${file} has no database for ${purpose}: it is there with auth.accounts, auth.apiKeys or storage.database`,
    ]);
  }
  try {
    await database.check();
  } catch (error) {
    await database.close();
    throw new CommandFailure([heard.last ?? reasonOf(error)]);
  }
  return database;
}

/** A command tells in its own way what is wrong with the database. */
function listener(): StorageLogger & { last: string | undefined } {
  const note = (fields: { readonly reason?: unknown }, message: string) => {
    heard.last = typeof fields.reason === 'string' ? `${message}: ${fields.reason}` : message;
  };
  const heard: StorageLogger & { last: string | undefined } = {
    last: undefined,
    info() {},
    warn: note,
    error: note,
  };
  return heard;
}
