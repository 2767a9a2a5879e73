import { setTimeout as delay } from 'node:timers/promises';
import { StorageUnavailableError } from '../storage-unavailable.ts';

/** Milliseconds that work waits for others who write; between two tries the process does other things. */
const PATIENCE = 2000;
const PAUSE = 10;

/** SQLite's codes that say nothing against the query: https://www.sqlite.org/rescode.html */
const OUTAGE = /^SQLITE_(?:BUSY|LOCKED|FULL|IOERR|READONLY|CANTOPEN|NOMEM|PROTOCOL)/;

/**
 * Tries again while somebody else holds the lock: work that found it taken has done nothing. Rejects with
 * `StorageUnavailableError` if it stays taken, and where the file can't be used; with the work's own error else.
 */
export async function patiently<T>(work: () => T | Promise<T>): Promise<T> {
  const deadline = performance.now() + PATIENCE;
  for (;;) {
    try {
      return await work();
    } catch (error) {
      const code = error instanceof Error && 'code' in error ? String(error.code) : '';
      if (!OUTAGE.test(code)) throw error;
      if (!code.startsWith('SQLITE_BUSY') || performance.now() > deadline) {
        throw new StorageUnavailableError('The database is not available', error);
      }
      await delay(PAUSE);
    }
  }
}
