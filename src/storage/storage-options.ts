import type { Clock } from '../kernel/clock.ts';
import type { Migration } from './migrations.ts';

export interface StorageOptions {
  readonly clock: Clock;
  readonly logger: StorageLogger;
  /** The database's history; that of this version, unless a test says otherwise. */
  readonly migrations?: readonly Migration[];
}

/** As much of a logger as storage needs. */
export interface StorageLogger {
  info(fields: object, message: string): void;
  warn(fields: object, message: string): void;
  error(fields: object, message: string): void;
}
