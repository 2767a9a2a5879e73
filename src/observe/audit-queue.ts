import { setImmediate as nextTurn } from 'node:timers/promises';
import type { Clock, Timer } from '../kernel/clock.ts';
import type { AuditRow, AuditStore } from '../storage/audit-store.ts';
import { StorageUnavailableError } from '../storage/storage-unavailable.ts';
import type { Logger } from './logger.ts';

/** Rows that wait for the database at the most: some megabytes, and hours of an outage on a usual day. */
const MAX_WAITING = 10_000;
/** Rows that are written with one statement: the embedded database takes some milliseconds, in which nothing else runs. */
const BATCH = 50;
/** Milliseconds that a row waits for others to come along. */
const PATIENCE = 200;
/** Milliseconds between tries while the database is away, to begin with and at the most. */
const FIRST_PAUSE = 500;
const LONGEST_PAUSE = 30_000;
/** Milliseconds that the end of the gateway waits for the last rows. */
const LAST_CALL = 3000;

/** What waits for the database. */
export interface AuditQueue {
  add(row: AuditRow): void;
  /** Writes what waits, within a bound of time. What can't be written then is counted in the log. */
  close(): Promise<void>;
}

export interface AuditQueueOptions {
  readonly store: AuditStore;
  readonly clock: Clock;
  readonly logger: Logger;
  /** Told, once the database takes rows again, how many it will never see. */
  readonly onLost: (count: number) => void;
}

/** Takes rows at once and writes them later, many with one statement; keeps them while the database is away. */
export function createAuditQueue({ store, clock, logger, onLost }: AuditQueueOptions): AuditQueue {
  const waiting: AuditRow[] = [];
  let lost = 0;
  let pause = 0;
  let timer: Timer | undefined;
  let writing: Promise<void> | undefined;
  let closed = false;

  function add(row: AuditRow): void {
    if (closed || waiting.length >= MAX_WAITING) {
      lose(1);
      return;
    }
    waiting.push(row);
    writeIn(PATIENCE);
  }

  function lose(count: number): void {
    if (lost === 0) logger.error('rows of the audit are being lost; the log has them');
    lost += count;
  }

  function writeIn(ms: number): void {
    if (timer !== undefined || writing !== undefined || closed) return;
    timer = clock.after(ms, () => {
      timer = undefined;
      void write();
    });
  }

  function write(): Promise<void> {
    writing ??= writeAll().finally(() => {
      writing = undefined;
      if (waiting.length > 0) writeIn(pause === 0 ? PATIENCE : pause);
    });
    return writing;
  }

  async function writeAll(): Promise<void> {
    while (waiting.length > 0) {
      const batch = waiting.slice(0, BATCH);
      try {
        await store.add(batch);
      } catch (error) {
        if (error instanceof StorageUnavailableError) {
          postpone(error);
          return;
        }
        logger.error({ err: error }, 'the database refuses rows of the audit');
        lose(await writeSingly(batch));
      }
      waiting.splice(0, batch.length);
      recovered();
      // It may have come back without letting anybody else have a turn.
      await nextTurn();
    }
  }

  /** The database is there and yet refuses the batch: one bad row must not keep all others waiting. */
  async function writeSingly(batch: readonly AuditRow[]): Promise<number> {
    const results = await Promise.allSettled(batch.map((row) => store.add([row])));
    return results.filter(({ status }) => status === 'rejected').length;
  }

  function postpone(error: unknown): void {
    if (pause === 0)
      logger.warn({ err: error }, 'the audit waits for the database; the log has it meanwhile');
    pause = Math.min(Math.max(FIRST_PAUSE, pause * 2), LONGEST_PAUSE);
  }

  function recovered(): void {
    if (pause > 0) logger.info({ waiting: waiting.length }, 'the audit is being written again');
    pause = 0;
    if (lost === 0 || closed) return;
    const count = lost;
    lost = 0;
    logger.error({ lost: count }, 'rows of the audit were lost; the log has them');
    onLost(count);
  }

  return {
    add,
    async close() {
      let enough: Timer | undefined;
      const patience = new Promise<void>((resolve) => {
        enough = clock.after(LAST_CALL, resolve);
      });
      // Twice: what was under way may have given up before the database came back.
      await Promise.race([write().then(() => (waiting.length > 0 ? write() : undefined)), patience]);
      closed = true;
      enough?.cancel();
      timer?.cancel();
      const missing = waiting.length + lost;
      if (missing > 0)
        logger.error({ lost: missing }, 'rows of the audit did not reach the database; the log has them');
    },
  };
}
