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
/** Milliseconds between looks whether Redis takes writes, as long as there is a connection: while it does, and while not. */
const LOOK = { up: 5000, down: 1000 };
/** Why it is gone, if Redis did not say. */
const CLOSED = 'the connection was closed';
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
  let lastError = CLOSED;
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

  /** Asks whether Redis works, now and again and again, until the connection is gone; nobody else might ask for long. */
  function probe(): void {
    look?.cancel();
    if (closed || client.status !== 'ready') return;
    const startedAt = clock.now();
    // Without an answer, or a broken connection, it asks no more: the client makes a new connection then.
    look = clock.after(LIMIT, () => fail(`no answer within ${LIMIT} ms`, startedAt));
    client.set(PROBE.key, '1', 'PX', PROBE.ttl).then(
      () => {
        turn(true, '');
        again(LOOK.up, probe);
      },
      (error: unknown) => {
        turn(false, reasonOf(error));
        again(LOOK.down, () => retry(error));
      },
    );
  }

  function again(ms: number, work: () => void): void {
    look?.cancel();
    if (!closed) look = clock.after(ms, work);
  }

  function retry(error: unknown): void {
    // What was the master is a replica now: sentinels and names lead to the new one.
    if (reasonOf(error).startsWith('READONLY')) client.disconnect(true);
    else probe();
  }

  function lose(): void {
    look?.cancel();
    turn(false, lastError);
  }

  function fail(reason: string, startedAt: number): void {
    // On a cluster one node may be silent while the others answer.
    if (lastSuccess <= startedAt) turn(false, reason);
  }

  client.on('error', (error: unknown) => {
    lastError = reasonOf(error);
  });
  client.on('ready', () => {
    lastError = CLOSED;
    probe();
  });
  client.on('close', lose);
  client.on('end', lose);

  function failed(reason: string, startedAt: number): void {
    const wasUp = isUp;
    fail(reason, startedAt);
    if (wasUp && !isUp) probe();
  }

  function run<T>(work: (client: RedisClient) => Promise<T>): Promise<T> {
    if (!isUp) return Promise.reject(new StorageUnavailableError('Redis is out of reach'));
    const startedAt = clock.now();
    return new Promise((resolve, reject) => {
      const timer = clock.after(LIMIT, () => {
        failed(`no answer within ${LIMIT} ms`, startedAt);
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
          failed(client.status === 'ready' ? reasonOf(error) : lastError, startedAt);
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
