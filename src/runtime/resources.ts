import path from 'node:path';
import type { Blueprint } from '../blueprint/blueprint.ts';
import {
  createPersistedDocuments,
  type PersistedDocuments,
} from '../graphql/document/persisted-documents.ts';
import { type Accounts, createAccounts } from '../identity/account/accounts.ts';
import type { HashingPlace } from '../identity/account/passwords.ts';
import { type ApiKeys, createApiKeys } from '../identity/api-key/api-keys.ts';
import type { Clock } from '../kernel/clock.ts';
import type { Counters } from '../limits/counters.ts';
import { createCounters } from '../limits/create-counters.ts';
import { type Auditor, createAuditor } from '../observe/audit.ts';
import { createLogger, type Logger, type LogOptions, type OpenLog } from '../observe/logger.ts';
import { createAuditStore } from '../storage/audit-store.ts';
import { openStorage, type Storage } from '../storage/open-storage.ts';
import { createPools, type Pools } from './pools.ts';
import { storageSettings } from './storage-settings.ts';

/** What a gateway holds for as long as it lives, whatever it is reloaded with. */
export interface Resources {
  readonly logger: Logger;
  readonly storage: Storage;
  readonly auditor: Auditor;
  /** What limits count with; they go by names, so that counts outlive a reload where they still fit. */
  readonly counters: Counters;
  /** What clients have sent with its hash; valid for one schema or another. */
  readonly documents: PersistedDocuments;
  /** Undefined, as are the accounts: there was no need of a database when the gateway started. */
  readonly apiKeys: ApiKeys | undefined;
  readonly accounts: Accounts | undefined;
  readonly pools: Pools;
  /** Lets go of all of it; of the log last, for the others still have something to say. */
  close(): Promise<void>;
}

export interface ResourceOptions {
  readonly clock: Clock;
  /** Undefined: the one that the configuration describes. */
  readonly logger: Logger | undefined;
  /** Where passwords are hashed. */
  readonly place: HashingPlace;
}

/** Opens what a gateway's first configuration asks for. Throws what `openStorage` and `createLogger` throw. */
export async function openResources(
  { config, folder }: Pick<Blueprint, 'config' | 'folder'>,
  options: ResourceOptions,
): Promise<Resources> {
  const { clock, place } = options;
  const log = options.logger ? kept(options.logger) : openLog(config.telemetry.logs, folder);
  const { logger } = log;
  const storage = await openStorage(storageSettings(config, folder), { clock, logger }).catch(
    async (error) => {
      await log.close();
      throw error;
    },
  );
  const { database, redis } = storage;
  const auditor = createAuditor({
    store: database && createAuditStore(database),
    retention: config.telemetry.auditRetention,
    clock,
    logger,
  });
  const accounts = database && createAccounts({ database, redis, place, clock, logger });
  return {
    logger,
    storage,
    auditor,
    counters: createCounters({ redis, clock, logger }),
    documents: createPersistedDocuments(redis),
    apiKeys: database && createApiKeys(database, clock),
    accounts,
    pools: createPools(clock, logger, accounts?.tokens),
    async close() {
      await auditor.close();
      await storage.close();
      await log.close();
    },
  };
}

/** A logger of whoever runs the gateway, who closes it too. */
function kept(logger: Logger): OpenLog {
  return { logger, close: async () => {} };
}

function openLog(options: LogOptions, folder: string): OpenLog {
  const { file } = options;
  return createLogger({ ...options, file: file === '' ? '' : path.resolve(folder, file) });
}
