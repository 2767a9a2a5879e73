import path from 'node:path';
import type { Config } from '../config/schema/config.ts';
import type { StorageSettings } from '../storage/open-storage.ts';

/** What `storage` of a configuration asks for; `folder` is where its relative paths start. */
export function storageSettings(config: Config, folder: string): StorageSettings {
  const { redis, database, dataDir } = config.storage;
  return {
    redis,
    database: needsDatabase(config) ? { url: database, dataDir: path.resolve(folder, dataDir) } : undefined,
  };
}

/** A URL asks for one itself; the audit alone makes none: without a URL it goes to the log. */
export function needsDatabase({ auth, storage }: Config): boolean {
  return auth.accounts.enabled || auth.apiKeys.enabled || storage.database !== '';
}
