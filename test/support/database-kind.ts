import path from 'node:path';
import { systemClock } from '../../src/kernel/clock.ts';
import { migrateDatabase } from '../../src/storage/migrate-database.ts';
import { hasPostgres, startPostgres, type TestPostgres } from './postgres.ts';
import { temporaryFolder } from './temporary-folder.ts';

/** A kind of database that a suite runs on: what holds on one has to hold on the other. */
export interface DatabaseKind {
  readonly name: 'embedded' | 'PostgreSQL';
  /** Why not to run on it; false: it is there. */
  readonly isMissing: boolean;
  start(): Promise<DatabaseServer>;
}

export interface DatabaseServer {
  /** Undefined: the embedded kind, which has no server. */
  readonly postgres: TestPostgres | undefined;
  /** A new database with the newest schema: what `storage` of a configuration says of it. */
  create(): Promise<{ readonly database: string; readonly dataDir: string }>;
  close(): Promise<void>;
}

const logger = { info() {}, warn() {}, error() {} };

/** Both kinds; says aloud if one of them can't be run here. `what` names the suite. */
export function databaseKinds(what: string): readonly DatabaseKind[] {
  return [
    { name: 'embedded', isMissing: false, start: startEmbedded },
    { name: 'PostgreSQL', isMissing: !hasPostgres(what), start: startServer },
  ];
}

async function startEmbedded(): Promise<DatabaseServer> {
  const folder = await temporaryFolder();
  let count = 0;
  return {
    postgres: undefined,
    // Whoever opens it first makes it.
    create: async () => ({ database: '', dataDir: path.join(folder.path, String(++count)) }),
    close: () => folder.remove(),
  };
}

async function startServer(): Promise<DatabaseServer> {
  const postgres = await startPostgres();
  return {
    postgres,
    async create() {
      const url = await postgres.createDatabase();
      await migrateDatabase({ url, dataDir: '' }, { clock: systemClock, logger });
      return { database: url, dataDir: '.portico' };
    },
    close: () => postgres.close(),
  };
}
