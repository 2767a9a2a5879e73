import type { Clock } from '../kernel/clock.ts';
import { createRedisClient, type RedisClient } from './redis-client.ts';
import { afterReading, REDIS_LIMIT, RedisHealth } from './redis-health.ts';
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

/** Connects; `settled` resolves once that has succeeded or failed for the first time. It never throws or rejects. */
export function openRedisLink(
  target: RedisTarget,
  options: Pick<StorageOptions, 'clock' | 'logger'>,
): RedisLink & { readonly settled: Promise<void> } {
  const { clock } = options;
  const client = createRedisClient(target);
  const health = new RedisHealth(client, options);
  let closed: Promise<void> | undefined;

  async function close(): Promise<void> {
    const wasUp = health.isUp;
    health.close();
    if (wasUp) await quit(client, clock);
    client.disconnect();
  }

  return {
    client,
    settled: health.settled,
    get isUp() {
      return health.isUp;
    },
    run: (work) => runWithin(work, client, health, clock),
    onChange: (listener) => health.onChange(listener),
    close: () => (closed ??= close()),
  };
}

function runWithin<T>(
  work: (client: RedisClient) => Promise<T>,
  client: RedisClient,
  health: RedisHealth,
  clock: Clock,
): Promise<T> {
  if (!health.isUp) return Promise.reject(new StorageUnavailableError('Redis is out of reach'));
  const startedAt = clock.now();
  return new Promise((resolve, reject) => {
    let isOver = false;
    const giveUp = () => {
      if (isOver) return;
      health.silent(startedAt);
      reject(new StorageUnavailableError('Redis gave no answer in time'));
    };
    const timer = clock.after(REDIS_LIMIT, () => afterReading(giveUp));
    begin(work, client).then(
      (value) => {
        isOver = true;
        timer.cancel();
        health.succeeded();
        resolve(value);
      },
      (error: unknown) => {
        isOver = true;
        timer.cancel();
        if (!isOutage(error)) return reject(error);
        health.failed(error, startedAt);
        // Not the error itself: it carries the command with all that was in it.
        reject(new StorageUnavailableError('Redis is out of reach', new Error(reasonOf(error))));
      },
    );
  });
}

/** With errors that are thrown at once as rejections. */
async function begin<T>(work: (client: RedisClient) => Promise<T>, client: RedisClient): Promise<T> {
  return work(client);
}

/** Lets commands on the way be answered first, for as long as any command may take. */
function quit(client: RedisClient, clock: Clock): Promise<void> {
  return new Promise((resolve) => {
    const timer = clock.after(REDIS_LIMIT, resolve);
    const done = () => {
      timer.cancel();
      resolve();
    };
    client.quit().then(done, done);
  });
}
