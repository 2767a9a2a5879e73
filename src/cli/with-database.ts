import { pino } from 'pino';
import type { LoadedConfig } from '../config/loaded-config.ts';
import { type Audit, noAudit } from '../kernel/audit-event.ts';
import { systemClock } from '../kernel/clock.ts';
import { createAuditor } from '../observe/audit.ts';
import { storageSettings } from '../runtime/storage-settings.ts';
import { createAuditStore } from '../storage/audit-store.ts';
import type { Database } from '../storage/database.ts';
import { openStorage, type Storage } from '../storage/open-storage.ts';
import type { StorageLogger } from '../storage/storage-options.ts';
import { reasonOf } from '../storage/storage-unavailable.ts';
import { CommandFailure } from './failure.ts';

/** The storage of a configuration, open for a command. */
export type OpenStorage = Storage & { readonly database: Database };

export interface DatabaseUse {
  readonly loaded: LoadedConfig;
  /** What the command needs it for. */
  readonly purpose: string;
  /** Gateways have to hear at once of what is done, by way of Redis. */
  readonly redis?: boolean;
}

/**
 * Does something with the database of a configuration. Throws `CommandFailure` if the configuration needs none, or if it
 * is out of reach.
 */
export async function withDatabase<T>(
  { loaded, purpose, redis = false }: DatabaseUse,
  work: (storage: OpenStorage) => Promise<T>,
): Promise<T> {
  const settings = storageSettings(loaded.config, loaded.folder);
  const heard = listener();
  const storage = await openStorage(redis ? settings : { ...settings, redis: '' }, {
    clock: systemClock,
    logger: heard,
  });
  try {
    const { database } = storage;
    if (database === undefined) {
      throw new CommandFailure([
        `${loaded.file} has no database for ${purpose}: it is there with auth.accounts, auth.apiKeys or storage.database`,
      ]);
    }
    await database.check().catch((error: unknown) => {
      throw new CommandFailure([heard.last ?? reasonOf(error)]);
    });
    return await work({ ...storage, database });
  } finally {
    await storage.close();
  }
}

/** Does something that is put on record, where the configuration wants a record. */
export async function onRecord<T>(
  database: Database,
  { config: { telemetry } }: LoadedConfig,
  work: (audit: Audit) => Promise<T>,
): Promise<T> {
  const auditor = createAuditor({
    store: createAuditStore(database),
    retention: telemetry.auditRetention,
    clock: systemClock,
    logger: pino({ level: 'silent' }),
  });
  try {
    return await work(telemetry.audit ? auditor.record : noAudit);
  } finally {
    await auditor.close();
  }
}

/** A command tells in its own way what is wrong with its storage. */
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
