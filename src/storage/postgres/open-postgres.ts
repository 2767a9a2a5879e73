import { Kysely, PostgresDialect, type PostgresPool } from 'kysely';
import type { Timer } from '../../kernel/clock.ts';
import type { Database } from '../database.ts';
import { findPending, NewerDatabaseError, readApplied } from '../migrate.ts';
import type { Migration } from '../migrations.ts';
import type { StorageOptions } from '../storage-options.ts';
import { reasonOf, StorageUnavailableError } from '../storage-unavailable.ts';
import type { Tables } from '../tables.ts';
import { isPostgresOutage } from './postgres-outage.ts';
import { asQuery, createPostgresPool } from './postgres-pool.ts';

/** What is wrong: nothing, no connection, or another schema than this version's. */
type State = 'up' | 'down' | 'outdated' | 'newer';

/** Milliseconds between looks at the database: while it can be used, and while it can't. */
const LOOK = { up: 5000, down: 1000 };

const NO_TABLE = '42P01';

/**
 * PostgreSQL by its URL. It never throws or rejects: `settled` resolves after the first look, good or bad, and what is
 * wrong is looked at again and again until it is right.
 */
export function openPostgres(
  url: string,
  { clock, logger, migrations }: StorageOptions,
): Database & { readonly settled: Promise<void> } {
  let state: State | undefined;
  let lastSuccess = Number.NEGATIVE_INFINITY;
  let looking: Promise<void> | undefined;
  let next: Timer | undefined;
  let closed = false;

  const pool = createPostgresPool(url, { limited: true, onIdleError: () => void look() });
  const watched = watchPool(pool, {
    admit() {
      if (state !== 'up') throw new StorageUnavailableError('The database is not available');
      return clock.now();
    },
    succeeded() {
      lastSuccess = clock.now();
    },
    failed(error, startedAt) {
      // With all connections in use, one may be waited for in vain while the database does its work.
      if (state === 'up' && lastSuccess <= startedAt) turn('down', reasonOf(error));
    },
  });
  const db = new Kysely<Tables>({ dialect: new PostgresDialect({ pool: watched }) });
  // Past the gate that it opens and shuts.
  const own = new Kysely<Tables>({ dialect: new PostgresDialect({ pool }) });

  function turn(to: State, reason: string): void {
    if (closed || state === to) return;
    if (to === 'up' && state !== undefined) logger.info({}, 'the database is back');
    if (to === 'down') logger.warn({ reason }, 'the database is out of reach');
    if (to === 'outdated' || to === 'newer') logger.error({}, reason);
    state = to;
    schedule();
  }

  function schedule(): void {
    next?.cancel();
    if (!closed) next = clock.after(state === 'up' ? LOOK.up : LOOK.down, () => void look());
  }

  function look(): Promise<void> {
    if (closed) return Promise.resolve();
    looking ??= judge(own, migrations)
      .then(({ state: found, reason }) => turn(found, reason))
      .finally(() => {
        looking = undefined;
        schedule();
      });
    return looking;
  }

  return {
    db,
    kind: 'postgres',
    settled: look(),
    get isUp() {
      return state === 'up';
    },
    async check() {
      await look();
      if (state !== 'up') throw new StorageUnavailableError('The database is not available');
    },
    async close() {
      closed = true;
      next?.cancel();
      await own.destroy();
    },
  };
}

async function judge(
  db: Kysely<Tables>,
  migrations: readonly Migration[] | undefined,
): Promise<{ state: State; reason: string }> {
  try {
    const pending = findPending(await readApplied(db).catch(noneWithoutTable), migrations);
    if (pending.length === 0) return { state: 'up', reason: '' };
    return { state: 'outdated', reason: outdated(pending) };
  } catch (error) {
    return { state: error instanceof NewerDatabaseError ? 'newer' : 'down', reason: reasonOf(error) };
  }
}

function outdated(pending: readonly Migration[]): string {
  const names = pending.map(({ name }) => name).join(', ');
  return `the database lacks ${names}: run \`portico migrate\``;
}

function noneWithoutTable(error: unknown): string[] {
  if (error instanceof Error && 'code' in error && error.code === NO_TABLE) return [];
  throw error;
}

interface Watcher {
  /** Throws if there is no point in trying; gives the time. */
  admit(): number;
  succeeded(): void;
  failed(error: unknown, startedAt: number): void;
}

/** The pool with its failures told to `watcher`, and as `StorageUnavailableError` to those who asked. */
function watchPool(pool: PostgresPool, watcher: Watcher): PostgresPool {
  async function watch<T>(work: () => Promise<T>): Promise<T> {
    const startedAt = watcher.admit();
    try {
      const result = await work();
      watcher.succeeded();
      return result;
    } catch (error) {
      if (!isPostgresOutage(error)) throw error;
      watcher.failed(error, startedAt);
      throw new StorageUnavailableError('The database is not available', error);
    }
  }
  return {
    end: () => pool.end(),
    async connect() {
      const client = await watch(() => pool.connect());
      return {
        query: asQuery((text, parameters) => watch(() => client.query(text, parameters))),
        release: () => client.release(),
      };
    },
  };
}
