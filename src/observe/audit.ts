import type { Audit, AuditEvent } from '../kernel/audit-event.ts';
import type { Clock } from '../kernel/clock.ts';
import type { AuditStore } from '../storage/audit-store.ts';
import { type AuditQueue, createAuditQueue } from './audit-queue.ts';
import { createAuditRepeats } from './audit-repeats.ts';
import { createRowMaker, type Repeats, showRow } from './audit-row.ts';
import type { Logger } from './logger.ts';

/** Milliseconds between looks for rows that have been kept long enough, and rows that go at once. */
const SWEEP = 3_600_000;
const SWEPT_AT_ONCE = 500;

export interface AuditorOptions {
  /** Undefined: there is no database, and the log alone has it. */
  readonly store: AuditStore | undefined;
  /** Milliseconds for which rows are kept. */
  readonly retention: number;
  readonly clock: Clock;
  readonly logger: Logger;
}

/** Keeps the record of who did what. It outlives reloads. */
export interface Auditor {
  readonly record: Audit;
  /** Puts on record what has only been counted, and writes what waits. */
  close(): Promise<void>;
}

/**
 * Every event is a line of the log at once, and a row of the database soon after. What is no success is counted where it
 * repeats itself. Nothing waits for any of it, and nothing fails with it.
 */
export function createAuditor({ store, retention, clock, logger }: AuditorOptions): Auditor {
  const toRow = createRowMaker(retention);
  const queue: AuditQueue | undefined =
    store &&
    createAuditQueue({ store, clock, logger, onLost: (count) => keep(lossOf(), clock.wall(), count) });
  const repeats = createAuditRepeats(keep, clock);
  const sweeper = store && startSweeper(store, clock, logger);

  function keep(event: AuditEvent, time: number, more?: Repeats | number): void {
    const several = typeof more === 'number' ? { count: more, until: time } : more;
    const row = toRow(event, time, several);
    logger.info({ audit: showRow(row) }, 'audit');
    queue?.add(row);
  }

  return {
    record(event) {
      if (event.outcome === 'success') keep(event, clock.wall());
      else repeats.take(event);
    },
    async close() {
      sweeper?.stop();
      repeats.flush();
      await queue?.close();
    },
  };
}

function lossOf(): AuditEvent {
  return { action: 'audit.lose', outcome: 'failure', actor: { via: 'gateway' } };
}

/** Removes rows whose time is over, now and then and a few at a time, so that nobody has to wait for it. */
function startSweeper(store: AuditStore, clock: Clock, logger: Logger): { stop(): void } {
  let stopped = false;
  let timer = clock.after(SWEEP / 60, sweep);

  function sweep(): void {
    void removeAll()
      .catch((error) => logger.warn({ err: error }, 'old rows of the audit could not be removed'))
      .finally(() => {
        if (!stopped) timer = clock.after(SWEEP, sweep);
      });
  }

  async function removeAll(): Promise<void> {
    let removed = SWEPT_AT_ONCE;
    while (removed === SWEPT_AT_ONCE && !stopped)
      removed = await store.removeExpired(clock.wall(), SWEPT_AT_ONCE);
  }

  return {
    stop() {
      stopped = true;
      timer.cancel();
    },
  };
}
