import type { Kysely } from 'kysely';
import type { Timer } from '../../kernel/clock.ts';
import { findPending, NewerDatabaseError, readApplied } from '../migrate.ts';
import type { StorageOptions } from '../storage-options.ts';
import { reasonOf } from '../storage-unavailable.ts';
import type { Tables } from '../tables.ts';

/** Whether it can be used, and if not: there is no connection, or its schema is not that of this version. */
type State = 'up' | 'down' | 'outdated' | 'newer';

/** Milliseconds between looks at the database: while it can be used, and while it can't. */
const LOOK = { up: 5000, down: 1000 };

const NO_SUCH_TABLE = '42P01';

/**
 * Whether PostgreSQL can be used: by looks at which migrations it has had, now and then, and by how queries ended.
 * What is wrong is found right again by itself, also after `portico migrate`.
 */
export class PostgresHealth {
  #state: State | undefined;
  #lastSuccess = Number.NEGATIVE_INFINITY;
  #looking: Promise<void> | undefined;
  #next: Timer | undefined;
  #closed = false;
  readonly #db: Kysely<Tables>;
  readonly #options: StorageOptions;

  /** `db`: one whose queries are let through in any state. */
  constructor(db: Kysely<Tables>, options: StorageOptions) {
    this.#db = db;
    this.#options = options;
  }

  get isUp(): boolean {
    return this.#state === 'up';
  }

  /** Asks the database; those who ask at the same time share one look. It never rejects. */
  look(): Promise<void> {
    if (this.#closed) return Promise.resolve();
    this.#looking ??= this.#judge().finally(() => {
      this.#looking = undefined;
      this.#schedule();
    });
    return this.#looking;
  }

  succeeded(): void {
    this.#lastSuccess = this.#options.clock.now();
  }

  /** A query or connection that began at `startedAt` (of `Clock.now`) failed, and not by its own fault. */
  failed(error: unknown, startedAt: number): void {
    // With all connections in use, one may be waited for in vain while the database does its work.
    if (!this.isUp || this.#lastSuccess > startedAt) return;
    this.#turn('down', reasonOf(error));
    this.#schedule();
  }

  close(): void {
    this.#closed = true;
    this.#next?.cancel();
  }

  async #judge(): Promise<void> {
    try {
      const applied = await readApplied(this.#db).catch(noneWithoutTable);
      const pending = findPending(applied, this.#options.migrations);
      if (pending.length === 0) return this.#turn('up', '');
      const names = pending.map(({ name }) => name).join(', ');
      this.#turn('outdated', `the database lacks ${names}: run \`portico migrate\``);
    } catch (error) {
      this.#turn(error instanceof NewerDatabaseError ? 'newer' : 'down', reasonOf(error));
    }
  }

  #turn(to: State, reason: string): void {
    const { logger } = this.#options;
    const before = this.#state;
    if (this.#closed || before === to) return;
    this.#state = to;
    if (to === 'up') {
      if (before !== undefined)
        logger.info({}, before === 'down' ? 'the database is back' : 'the database can be used now');
    } else if (to === 'down') {
      logger.warn({ reason }, 'the database is out of reach');
    } else {
      logger.error({}, reason);
    }
  }

  #schedule(): void {
    this.#next?.cancel();
    if (this.#closed) return;
    this.#next = this.#options.clock.after(this.isUp ? LOOK.up : LOOK.down, () => void this.look());
  }
}

/** A database that nobody has migrated yet. */
function noneWithoutTable(error: unknown): string[] {
  if (error instanceof Error && 'code' in error && error.code === NO_SUCH_TABLE) return [];
  throw error;
}
