import type { Timer } from '../kernel/clock.ts';
import type { RedisClient } from './redis-client.ts';
import type { StorageOptions } from './storage-options.ts';
import { reasonOf } from './storage-unavailable.ts';

/** Milliseconds that a piece of work with Redis may take. */
export const REDIS_LIMIT = 500;
/** Milliseconds between looks whether Redis takes writes, as long as there is a connection: while it does, and while not. */
const LOOK = { up: 5000, down: 1000 };
/** What is written to see whether Redis works: a replica or a full server would answer a PING as well. */
const PROBE = { key: 'portico:probe', ttl: 5000 };
/** Why it is gone, if Redis did not say. */
const CLOSED = 'the connection was closed';
const SILENT = `no answer within ${REDIS_LIMIT} ms`;

/**
 * Calls back once what has arrived by now has been read. After a pause of this process its timers come first, and the
 * answers that they wait for lie there unread: it was not Redis that was silent.
 */
export function afterReading(callback: () => void): void {
  setImmediate(callback);
}

/**
 * Whether Redis can be used, by the events of its client, by how work with it ended, and by looks now and then: a
 * server that is silent, full, still loading or a mere replica has a good connection all the same.
 */
export class RedisHealth {
  /** Resolves once it is known for the first time. */
  readonly settled: Promise<void>;
  #isUp = false;
  /** What the log has been told last; to start with, that all is well goes without saying. */
  #told = true;
  #closed = false;
  #lastSuccess = Number.NEGATIVE_INFINITY;
  #lastError = CLOSED;
  #look: Timer | undefined;
  #settle = () => {};
  readonly #client: RedisClient;
  readonly #options: Pick<StorageOptions, 'clock' | 'logger'>;
  readonly #listeners = new Set<(isUp: boolean) => void>();

  constructor(client: RedisClient, options: Pick<StorageOptions, 'clock' | 'logger'>) {
    this.#client = client;
    this.#options = options;
    this.settled = new Promise((resolve) => {
      this.#settle = resolve;
    });
    // Without a listener the client would write to the console.
    client.on('error', (error: unknown) => {
      this.#lastError = reasonOf(error);
    });
    client.on('ready', () => {
      this.#lastError = CLOSED;
      this.#probe();
    });
    client.on('close', () => this.#lose());
    client.on('end', () => this.#lose());
  }

  get isUp(): boolean {
    return this.#isUp;
  }

  onChange(listener: (isUp: boolean) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  succeeded(): void {
    this.#lastSuccess = this.#options.clock.now();
  }

  /** Work that began at `startedAt` (of `Clock.now`) failed, and not by its own fault. */
  failed(error: unknown, startedAt: number): void {
    if (!this.#lost(startedAt)) return;
    this.#turn(false, this.#client.status === 'ready' ? reasonOf(error) : this.#lastError);
    // Not at once: it may refuse some work and take other, and the log would be full of it.
    this.#next(LOOK.down, () => this.#retry(error));
  }

  /** Work that began at `startedAt` got no answer in time. */
  silent(startedAt: number): void {
    if (!this.#lost(startedAt)) return;
    this.#turn(false, SILENT);
    // At once: what waits at a silent server is the first that it answers.
    this.#probe();
  }

  /** On a cluster one node may be silent while the others answer. */
  #lost(startedAt: number): boolean {
    return this.#isUp && this.#lastSuccess <= startedAt;
  }

  close(): void {
    this.#closed = true;
    this.#isUp = false;
    this.#look?.cancel();
  }

  #turn(isUp: boolean, reason: string): void {
    if (this.#closed) return;
    const changed = this.#isUp !== isUp;
    this.#isUp = isUp;
    this.#settle();
    this.#tell(reason);
    if (changed) for (const listener of this.#listeners) listener(isUp);
  }

  #tell(reason: string): void {
    if (this.#told === this.#isUp) return;
    this.#told = this.#isUp;
    const { logger } = this.#options;
    if (this.#isUp) logger.info({}, 'Redis is back');
    else logger.warn({ reason }, 'Redis is out of reach');
  }

  /** Asks whether Redis works, and again and again, until the connection is gone: nobody else might ask for long. */
  #probe(): void {
    const client = this.#client;
    this.#look?.cancel();
    if (this.#closed || client.status !== 'ready') return;
    const startedAt = this.#options.clock.now();
    // After that only an answer or a new connection helps.
    const giveUp = () => {
      if (this.#lastSuccess <= startedAt) this.#turn(false, SILENT);
    };
    this.#next(REDIS_LIMIT, () => afterReading(giveUp));
    client.set(PROBE.key, '1', 'PX', PROBE.ttl).then(
      () => {
        this.succeeded();
        this.#turn(true, '');
        this.#next(LOOK.up, () => this.#probe());
      },
      (error: unknown) => {
        this.#turn(false, reasonOf(error));
        this.#next(LOOK.down, () => this.#retry(error));
      },
    );
  }

  #next(ms: number, work: () => void): void {
    this.#look?.cancel();
    if (!this.#closed) this.#look = this.#options.clock.after(ms, work);
  }

  #retry(error: unknown): void {
    // What was the master is a replica now: sentinels and names lead to the new one.
    if (reasonOf(error).startsWith('READONLY')) this.#client.disconnect(true);
    else this.#probe();
  }

  #lose(): void {
    this.#look?.cancel();
    this.#turn(false, this.#lastError);
  }
}
