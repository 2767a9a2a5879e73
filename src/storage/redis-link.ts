import type { Clock, Timer } from '../kernel/clock.ts';
import { createRedisClient, type RedisClient } from './redis-client.ts';
import { isOutage } from './redis-outage.ts';
import type { RedisTarget } from './redis-url.ts';
import type { StorageOptions } from './storage-options.ts';
import { reasonOf, StorageUnavailableError } from './storage-unavailable.ts';

/** The connection to Redis, which may be gone at any time and comes back by itself. */
export interface RedisLink {
  /** For what `run` does not fit (subscriptions by `duplicate`); rejects at once without a connection. */
  readonly client: RedisClient;
  readonly isUp: boolean;
  /**
   * Does something with Redis. Rejects with `StorageUnavailableError` at once while Redis is out of reach, and after
   * 500 ms at the latest if it gives no answer (what was sent may be done nevertheless); with the work's own error else.
   */
  run<T>(work: (client: RedisClient) => Promise<T>): Promise<T>;
  /** Tells of each change of `isUp`; gives the function that ends it. */
  onChange(listener: (isUp: boolean) => void): () => void;
  close(): Promise<void>;
}

/** Milliseconds that a piece of work may take. */
const LIMIT = 500;
/** Milliseconds between looks whether Redis takes writes again, as long as there is a connection. */
const LOOK = 1000;
/** What is written to see whether Redis works: a replica or a full server would answer a PING as well. */
const PROBE = { key: 'portico:probe', ttl: 5000 };

/** Connects; `settled` resolves once that has succeeded or failed for the first time. It never throws or rejects. */
export function openRedisLink(
  target: RedisTarget,
  { clock, logger }: Pick<StorageOptions, 'clock' | 'logger'>,
): RedisLink & { readonly settled: Promise<void> } {
  const client = createRedisClient(target);
  const listeners = new Set<(isUp: boolean) => void>();
  let settle = () => {};
  const settled = new Promise<void>((resolve) => {
    settle = resolve;
  });
  let isUp = false;
  let told: boolean | undefined;
  let closed = false;
  let lastSuccess = Number.NEGATIVE_INFINITY;
  let lastError = 'no connection';
  let look: Timer | undefined;

  function turn(up: boolean, reason: string): void {
    if (closed) return;
    const changed = isUp !== up;
    isUp = up;
    settle();
    if (told !== up && !(told === undefined && up)) {
      if (up) logger.info({}, 'Redis is back');
      else logger.warn({ reason }, 'Redis is out of reach');
    }
    told = up;
    if (changed) for (const listener of listeners) listener(up);
  }

  /** Asks whether Redis works, now and then again until it does or the connection is gone. */
  function probe(): void {
    look?.cancel();
    look = undefined;
    if (closed || isUp || client.status !== 'ready') return;
    client.set(PROBE.key, '1', 'PX', PROBE.ttl).then(
      () => turn(true, ''),
      (error: unknown) => {
        turn(false, reasonOf(error));
        look?.cancel();
        look = clock.after(LOOK, () => retry(error));
      },
    );
  }

  function retry(error: unknown): void {
    // What was the master is a replica now: sentinels and names lead to the new one.
    if (reasonOf(error).startsWith('READONLY')) client.disconnect(true);
    else probe();
  }

  client.on('error', (error: unknown) => {
    lastError = reasonOf(error);
  });
  client.on('ready', probe);
  client.on('close', () => turn(false, lastError));
  client.on('end', () => turn(false, lastError));

  function fail(error: unknown, startedAt: number): void {
    // On a cluster one node may be silent while the others answer.
    if (isUp && lastSuccess <= startedAt) {
      turn(false, reasonOf(error));
      probe();
    }
  }

  function run<T>(work: (client: RedisClient) => Promise<T>): Promise<T> {
    if (!isUp) return Promise.reject(new StorageUnavailableError('Redis is out of reach'));
    const startedAt = clock.now();
    return new Promise((resolve, reject) => {
      const timer = clock.after(LIMIT, () => {
        fail(new Error(`no answer within ${LIMIT} ms`), startedAt);
        reject(new StorageUnavailableError('Redis gave no answer in time'));
      });
      start(work, client).then(
        (value) => {
          timer.cancel();
          lastSuccess = clock.now();
          resolve(value);
        },
        (error: unknown) => {
          timer.cancel();
          if (!isOutage(error)) return reject(error);
          fail(error, startedAt);
          // Not the error itself: it carries the command with all that was in it.
          reject(new StorageUnavailableError('Redis is out of reach', new Error(reasonOf(error))));
        },
      );
    });
  }

  async function close(): Promise<void> {
    if (closed) return;
    closed = true;
    look?.cancel();
    const wasUp = isUp;
    isUp = false;
    if (wasUp) await quit(client, clock);
    client.disconnect();
  }

  return {
    client,
    settled,
    get isUp() {
      return isUp;
    },
    run,
    onChange(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    close,
  };
}

/** With errors that are thrown at once as rejections. */
async function start<T>(work: (client: RedisClient) => Promise<T>, client: RedisClient): Promise<T> {
  return work(client);
}

/** Lets commands on the way be answered first, for as long as any command may take. */
function quit(client: RedisClient, clock: Clock): Promise<void> {
  return new Promise((resolve) => {
    const timer = clock.after(LIMIT, resolve);
    const done = () => {
      timer.cancel();
      resolve();
    };
    client.quit().then(done, done);
  });
}
