import { setTimeout as delay } from 'node:timers/promises';
import { Redis } from 'ioredis';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { systemClock } from '../../src/kernel/clock.ts';
import { openRedisLink, type RedisLink } from '../../src/storage/redis-link.ts';
import { parseRedisUrl } from '../../src/storage/redis-url.ts';
import { StorageUnavailableError } from '../../src/storage/storage-unavailable.ts';
import { freePort } from '../support/free-port.ts';
import { type MemoryLog, memoryLogger } from '../support/memory-logger.ts';
import { hasRedis, startRedis, type TestRedis } from '../support/redis.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

let log: MemoryLog;
let cleanups: (() => Promise<unknown>)[];
beforeEach(() => {
  log = memoryLogger();
  cleanups = [];
});
afterEach(async () => {
  for (const cleanup of cleanups.reverse()) await cleanup();
});

async function start(...args: Parameters<typeof startRedis>): Promise<TestRedis> {
  const redis = await startRedis(...args);
  cleanups.push(() => redis.close());
  return redis;
}

async function open(url: string): Promise<RedisLink> {
  const link = openRedisLink(parseRedisUrl(url), { clock: systemClock, logger: log.logger });
  cleanups.push(() => link.close());
  await link.settled;
  return link;
}

/** A client beside the link. */
function connect(url: string): Redis {
  const client = new Redis(url);
  client.on('error', () => {});
  cleanups.push(async () => client.disconnect());
  return client;
}

/** Rejects unless the link is so within some seconds. */
function until(link: RedisLink, isUp: boolean): Promise<void> {
  return vi.waitFor(() => expect(link.isUp).toBe(isUp), { timeout: 10_000, interval: 5 });
}

const count = (link: RedisLink) => link.run((client) => client.incr('portico:test'));
/** Of the server that answers. */
async function portOf(link: RedisLink): Promise<number> {
  const [, port] = await link.run((client) => client.call('CONFIG', 'GET', 'port') as Promise<string[]>);
  return Number(port);
}

const told = () => log.lines.map(({ level, msg }) => `${level === 30 ? 'info' : 'warn'}: ${msg}`);

const GONE = 'warn: Redis is out of reach';
const BACK = 'info: Redis is back';

describe.skipIf(!hasRedis('the link to Redis'))('a link to Redis', () => {
  it('works, and has nothing to say', async () => {
    const redis = await start();
    const link = await open(redis.url);
    expect(link.isUp).toBe(true);
    expect([await count(link), await count(link)]).toEqual([1, 2]);
    expect(told()).toEqual([]);
  });

  it('is gone at once when Redis dies, says so once, and is back by itself', async () => {
    const redis = await start();
    const link = await open(redis.url);
    const changes: boolean[] = [];
    const unheard: boolean[] = [];
    link.onChange((isUp) => changes.push(isUp));
    link.onChange((isUp) => unheard.push(isUp))();
    for (let round = 1; round <= 2; round++) {
      await redis.stop();
      await until(link, false);
      const attempts = await Promise.allSettled(Array.from({ length: 100 }, () => count(link)));
      expect(attempts.every((one) => 'reason' in one && one.reason instanceof StorageUnavailableError)).toBe(
        true,
      );
      await redis.start();
      await until(link, true);
      expect(await count(link)).toBe(1);
      expect(told()).toEqual(Array.from({ length: round }, () => [GONE, BACK]).flat());
      expect(changes).toHaveLength(round * 2);
    }
    expect(changes).toEqual([false, true, false, true]);
    expect(unheard).toEqual([]);
  });

  it('ends all work that was under way when Redis dies, and repeats none of it', async () => {
    const redis = await start();
    const link = await open(redis.url);
    redis.pause();
    const under = Array.from({ length: 50 }, () => count(link));
    const settled = Promise.allSettled(under);
    await redis.stop();
    expect(new Set((await settled).map(({ status }) => status))).toEqual(new Set(['rejected']));
    await redis.start();
    await until(link, true);
    expect(await count(link)).toBe(1);
  });

  it('does not wait for a Redis that is silent, and takes up again where it went on', async () => {
    const redis = await start();
    const link = await open(redis.url);
    redis.pause();
    await expect(count(link)).rejects.toThrow(StorageUnavailableError);
    expect(link.isUp).toBe(false);
    // From now on nobody waits, and nothing piles up.
    await Promise.allSettled(Array.from({ length: 1000 }, () => count(link)));
    redis.resume();
    await until(link, true);
    // The one that nobody waited for any more was done all the same.
    expect(await count(link)).toBe(2);
    expect(told()).toEqual([GONE, BACK]);
  });

  it('makes a new connection if the old one stays silent', async () => {
    const redis = await start();
    const link = await open(redis.url);
    const id = () => link.client.call('CLIENT', 'ID') as Promise<number>;
    const first = await id();
    redis.pause();
    await expect(count(link)).rejects.toThrow(StorageUnavailableError);
    await vi.waitFor(() => expect(link.client.status).not.toBe('ready'), { timeout: 10_000 });
    redis.resume();
    await until(link, true);
    expect(await id()).not.toBe(first);
  });

  it('notices a silent Redis even if nobody asks anything of it', { timeout: 20_000 }, async () => {
    const redis = await start();
    const link = await open(redis.url);
    redis.pause();
    await until(link, false);
    redis.resume();
    await until(link, true);
  });

  it('waits for a Redis that is not there yet', async () => {
    const redis = await start();
    await redis.stop();
    const link = await open(redis.url);
    expect(link.isUp).toBe(false);
    await expect(count(link)).rejects.toThrow(StorageUnavailableError);
    await redis.start();
    await until(link, true);
    expect(told()).toEqual([GONE, BACK]);
  });

  it('gives the error of work that is wrong itself, and stays up', async () => {
    const redis = await start();
    const link = await open(redis.url);
    await link.run((client) => client.set('portico:text', 'a', 'PX', 1000));
    await expect(link.run((client) => client.incr('portico:text'))).rejects.toThrow(/not an integer/);
    const thrown = new TypeError('a slip');
    const slip = link.run(() => {
      throw thrown;
    });
    await expect(slip).rejects.toBe(thrown);
    expect(link.isUp).toBe(true);
    expect(told()).toEqual([]);
  });

  it.each([
    ['is full', ['CONFIG', 'SET', 'maxmemory', '1'], ['CONFIG', 'SET', 'maxmemory', '0'], /^OOM/],
    ['only reads', ['REPLICAOF', '127.0.0.1', '1'], ['REPLICAOF', 'NO', 'ONE'], /^READONLY/],
  ])('is gone while Redis %s, though the connection is good', async (_name, breaking, mending, reason) => {
    const redis = await start();
    const link = await open(redis.url);
    const other = connect(redis.url);
    await other.call(...(breaking as [string]));
    await expect(count(link)).rejects.toThrow(StorageUnavailableError);
    expect(link.isUp).toBe(false);
    expect(log.lines[0]?.reason).toMatch(reason);
    // A server that answers is not enough.
    for (let i = 0; i < 20; i++) await other.ping();
    expect(link.isUp).toBe(false);
    await other.call(...(mending as [string]));
    await until(link, true);
    expect(told()).toEqual([GONE, BACK]);
  });

  it('does not fill the log where Redis refuses some work and takes other', async () => {
    const redis = await start();
    const admin = connect(redis.url);
    await admin.call('ACL', 'SETUSER', 'ada', 'on', '>word', '~portico:*', '+set', '+info', '+client');
    const link = await open(`redis://ada:word@127.0.0.1:${redis.port}`);
    for (let round = 0; round < 500; round++) {
      await expect(count(link)).rejects.toThrow(StorageUnavailableError);
      await admin.ping();
    }
    expect(told().filter((line) => line === GONE).length).toBeLessThan(5);
    expect(log.lines[0]?.reason).toMatch(/^NOPERM/);
  });

  it('signs in, and never shows the password', async () => {
    const redis = await start(['--requirepass', 'hidden-word']);
    const wrong = await open(`redis://:wrong-hidden@127.0.0.1:${redis.port}`);
    expect(wrong.isUp).toBe(false);
    const attempt = await count(wrong).catch((error: unknown) => error);
    expect(attempt).toBeInstanceOf(StorageUnavailableError);
    expect(log.lines[0]?.reason).toMatch(/^WRONGPASS/);
    expect(JSON.stringify(log.lines)).not.toContain('hidden');
    expect(JSON.stringify(attempt)).not.toContain('hidden');

    const right = await open(`redis://:hidden-word@127.0.0.1:${redis.port}/1`);
    expect(await count(right)).toBe(1);
  });

  it('keeps to its database, also after a reconnection', async () => {
    const redis = await start();
    const link = await open(`${redis.url}/5`);
    await redis.stop();
    await until(link, false);
    await redis.start();
    await until(link, true);
    await count(link);
    const other = connect(`${redis.url}/5`);
    expect(await other.get('portico:test')).toBe('1');
  });

  it('lets work on its way end before it closes, and is silent then', async () => {
    const redis = await start();
    const link = await open(redis.url);
    const last = count(link);
    await link.close();
    expect(await last).toBe(1);
    await expect(count(link)).rejects.toThrow(StorageUnavailableError);
    await redis.stop();
    await delay(20);
    expect(told()).toEqual([]);
  });

  it.each([['down', 'stop'] as const, ['silent', 'pause'] as const])(
    'closes while Redis is %s',
    async (_name, how) => {
      const redis = await start();
      const link = await open(redis.url);
      await redis[how]();
      await link.close();
      await expect(count(link)).rejects.toThrow(StorageUnavailableError);
    },
  );

  it('works with a cluster, also after it was gone', { timeout: 40_000 }, async () => {
    const redis = await start(['--cluster-enabled', 'yes', '--cluster-announce-ip', '127.0.0.1']);
    const admin = connect(redis.url);
    await admin.call('CLUSTER', 'ADDSLOTSRANGE', '0', '16383');
    await vi.waitFor(async () => expect(await admin.call('CLUSTER', 'INFO')).toContain('cluster_state:ok'), {
      timeout: 10_000,
    });
    const link = await open(`redis-cluster://127.0.0.1:${redis.port},127.0.0.1:${await freePort()}`);
    await until(link, true);
    expect(await count(link)).toBe(1);
    await redis.stop();
    await expect(count(link)).rejects.toThrow(StorageUnavailableError);
    await until(link, false);
    await redis.start();
    await vi.waitFor(() => expect(link.isUp).toBe(true), { timeout: 20_000 });
    await count(link);
  });

  it('finds the master that the sentinels know, also when another becomes it', {
    timeout: 60_000,
  }, async () => {
    const first = await start();
    const second = await start(['--replicaof', '127.0.0.1', String(first.port)]);
    // What the sentinel does not see at its first look it sees ten seconds later.
    const replicas = () => connect(first.url).info('replication');
    await vi.waitFor(async () => expect(await replicas()).toContain('state=online'), { timeout: 20_000 });
    const folder = await temporaryFolder();
    cleanups.push(() => folder.remove());
    const watch = [
      `sentinel monitor main 127.0.0.1 ${first.port} 1`,
      'sentinel down-after-milliseconds main 1000',
      'sentinel failover-timeout main 3000',
    ];
    const file = await folder.write('sentinel.conf', `${watch.join('\n')}\n`);
    const sentinel = await start((port) => [file, '--sentinel', '--port', String(port)]);
    const admin = connect(sentinel.url);
    await vi.waitFor(async () => expect(await admin.call('SENTINEL', 'REPLICAS', 'main')).toHaveLength(1), {
      timeout: 20_000,
      interval: 200,
    });
    const link = await open(`redis-sentinel://127.0.0.1:${sentinel.port}/main`);
    await until(link, true);
    expect(await portOf(link)).toBe(first.port);

    await first.stop();
    await until(link, false);
    await vi.waitFor(
      async () => {
        await count(link);
        expect(await portOf(link)).toBe(second.port);
      },
      { timeout: 30_000, interval: 50 },
    );
  });
});
