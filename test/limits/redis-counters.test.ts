import { Redis } from 'ioredis';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { systemClock } from '../../src/kernel/clock.ts';
import type { Counters } from '../../src/limits/counters.ts';
import { createCounters } from '../../src/limits/create-counters.ts';
import { openRedisLink, type RedisLink } from '../../src/storage/redis-link.ts';
import { parseRedisUrl } from '../../src/storage/redis-url.ts';
import { type MemoryLog, memoryLogger } from '../support/memory-logger.ts';
import { hasRedis, startRedis, type TestRedis } from '../support/redis.ts';

const MINUTE = { requests: 100, window: 60_000 };

describe.skipIf(!hasRedis('counting in Redis'))('counters in Redis', () => {
  let redis: TestRedis;
  let client: Redis;
  let links: RedisLink[] = [];
  let key = '';
  let serial = 0;

  beforeAll(async () => {
    redis = await startRedis();
    client = new Redis(redis.url);
    client.on('error', () => {});
  });
  afterEach(async () => {
    await Promise.all(links.map((link) => link.close()));
    links = [];
  });
  afterAll(async () => {
    client.disconnect();
    await redis.close();
  });

  /** Counters with a connection of their own, as another process would have them. */
  async function open(): Promise<{ counters: Counters; link: RedisLink; log: MemoryLog }> {
    key = `limit:test:${serial++}`;
    const log = memoryLogger();
    const { logger } = log;
    const link = openRedisLink(parseRedisUrl(redis.url), { clock: systemClock, logger });
    links.push(link);
    await link.settled;
    return { counters: createCounters({ redis: link, clock: systemClock, logger }), link, log };
  }

  it('let exactly as many through as there are, over several connections at once', async () => {
    const all = await Promise.all([open(), open(), open()]);
    const counts = await Promise.all(
      Array.from({ length: 600 }, (_, i) => (all[i % 3] as (typeof all)[0]).counters.consume(key, MINUTE, 1)),
    );
    const taken = counts.filter(({ allowed }) => allowed);
    expect(taken).toHaveLength(100);
    expect(taken.map(({ remaining }) => remaining).sort((a, b) => a - b)).toEqual(
      Array.from({ length: 100 }, (_, i) => i),
    );
    expect(counts.filter(({ allowed }) => !allowed).every(({ remaining }) => remaining === 0)).toBe(true);
  });

  it('begin a window with the first point taken, and refusing neither takes nor prolongs', async () => {
    const { counters } = await open();
    const quota = { requests: 3, window: 60_000 };
    expect(await counters.consume(key, quota, 4)).toMatchObject({ allowed: false, remaining: 3 });
    expect(await client.exists(`portico:${key}`)).toBe(0);
    const first = await counters.consume(key, quota, 2);
    expect(first).toMatchObject({ allowed: true, limit: 3, remaining: 1 });
    expect(Math.abs(first.resetAt - Date.now() - 60_000)).toBeLessThan(5000);
    await client.pexpire(`portico:${key}`, 30_000);
    expect(await counters.consume(key, quota, 2)).toMatchObject({ allowed: false, remaining: 1 });
    expect(await client.pttl(`portico:${key}`)).toBeLessThanOrEqual(30_000);
    expect(await counters.consume(key, quota, 1)).toMatchObject({ allowed: true, remaining: 0 });
    expect(await client.get(`portico:${key}`)).toBe('3');
  });

  it('leave nothing behind', async () => {
    const { counters } = await open();
    await counters.consume(key, { requests: 1, window: 50 }, 1);
    const left = await client.pttl(`portico:${key}`);
    expect(left).toBeLessThanOrEqual(50);
    expect(left).not.toBe(-1);
    await counters.refund(key, 1);
    while ((await client.exists(`portico:${key}`)) === 1) await new Promise(setImmediate);
  });

  it('give a counter that would stay for ever an end', async () => {
    const { counters } = await open();
    await client.set(`portico:${key}`, '100');
    expect(await counters.consume(key, MINUTE, 1)).toMatchObject({ allowed: true, remaining: 99 });
    expect(await client.pttl(`portico:${key}`)).toBeGreaterThan(0);
  });

  it('go on where they were while Redis is away, and use it again when it is back; the log says each once', async () => {
    const { counters, link, log } = await open();
    const alone = () => log.lines.filter(({ msg }) => String(msg).includes('this process alone'));
    const shared = () => log.lines.filter(({ msg }) => String(msg).includes('in Redis again'));
    const quota = { requests: 5, window: 60_000 };
    for (let i = 0; i < 3; i++) await counters.consume(key, quota, 1);
    await redis.stop();
    const counts = [];
    for (let i = 0; i < 4; i++) counts.push(await counters.consume(key, quota, 1));
    expect(counts.map(({ allowed }) => allowed)).toEqual([true, true, false, false]);
    expect(alone()).toHaveLength(1);
    // Nothing is waited for any more.
    expect(counters.consume(key, quota, 1)).not.toBeInstanceOf(Promise);
    expect(shared()).toHaveLength(0);
    const back = new Promise<void>((resolve) => link.onChange((isUp) => isUp && resolve()));
    await redis.start();
    await back;
    expect(await counters.consume(key, quota, 1)).toMatchObject({ allowed: true, remaining: 4 });
    expect(await client.get(`portico:${key}`)).toBe('1');
    expect(alone()).toHaveLength(1);
    expect(shared()).toHaveLength(1);
  });

  it('wait once at the most for a Redis that gives no answer', async () => {
    const { counters, link } = await open();
    redis.pause();
    try {
      const counts = await Promise.all(Array.from({ length: 150 }, () => counters.consume(key, MINUTE, 1)));
      expect(counts.filter(({ allowed }) => allowed)).toHaveLength(100);
      expect(link.isUp).toBe(false);
      expect(counters.consume(key, MINUTE, 1)).toMatchObject({ allowed: false });
    } finally {
      redis.resume();
    }
  });

  it('do not take a pause of this process for a silence of Redis', async () => {
    const { counters, link, log } = await open();
    await counters.consume(key, MINUTE, 1);
    const pending = Array.from({ length: 150 }, () => counters.consume(key, MINUTE, 1));
    const end = performance.now() + 700;
    while (performance.now() < end);
    const counts = await Promise.all(pending);
    expect(counts.filter(({ allowed }) => allowed)).toHaveLength(99);
    expect(await client.get(`portico:${key}`)).toBe('100');
    expect(link.isUp).toBe(true);
    expect(log.lines).toEqual([]);
  });

  it('go on alone where Redis has something else under their key', async () => {
    const { counters, log } = await open();
    await client.rpush(`portico:${key}`, 'a list');
    await client.expire(`portico:${key}`, 60);
    expect(await counters.consume(key, MINUTE, 1)).toMatchObject({ allowed: true, remaining: 99 });
    expect(await counters.consume(key, MINUTE, 1)).toMatchObject({ allowed: true, remaining: 98 });
    expect(log.lines.filter(({ msg }) => String(msg).includes('this process alone'))).toHaveLength(1);
  });

  it('work after Redis has forgotten its scripts', async () => {
    const { counters } = await open();
    await counters.consume(key, MINUTE, 1);
    await client.script('FLUSH');
    const counts = await Promise.all([1, 2, 3].map((points) => counters.consume(key, MINUTE, points)));
    expect(Math.min(...counts.map(({ remaining }) => remaining))).toBe(93);
  });

  it('show one end of a window, however long each answer takes', async () => {
    const { counters } = await open();
    const ends = new Set<number>();
    for (let i = 0; i < 50; i++) ends.add((await counters.consume(key, MINUTE, 1)).resetAt);
    expect(ends.size).toBe(1);
  });
});
