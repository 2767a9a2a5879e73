import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { systemClock } from '../../src/kernel/clock.ts';
import type { Count, Counters } from '../../src/limits/counters.ts';
import { createCounters } from '../../src/limits/create-counters.ts';
import { openStorage, type Storage } from '../../src/storage/open-storage.ts';
import { memoryLogger } from '../support/memory-logger.ts';
import { hasRedis, startRedis, type TestRedis } from '../support/redis.ts';

const { logger } = memoryLogger();
const isThere = hasRedis('counting in Redis');

/** What holds of counters wherever they are. */
describe.each(['this process', 'Redis'])('counters in %s', (place) => {
  let redis: TestRedis | undefined;
  let storage: Storage;
  let counters: Counters;
  let serial = 0;
  const key = () => `limit:${place}:${serial++}`;

  beforeAll(async () => {
    if (place === 'Redis' && isThere) redis = await startRedis();
    const settings = { redis: redis?.url ?? '', database: undefined };
    storage = await openStorage(settings, { clock: systemClock, logger });
    counters = createCounters({ redis: storage.redis, clock: systemClock, logger });
  });
  afterAll(async () => {
    await storage.close();
    await redis?.close();
  });

  const check = it.skipIf(place === 'Redis' && !isThere);
  const MINUTE = { requests: 100, window: 60_000 };

  check('let exactly as many through as there are, however many come at once', async () => {
    const one = key();
    const counts = await Promise.all(Array.from({ length: 500 }, () => counters.consume(one, MINUTE, 1)));
    const taken = counts.filter(({ allowed }) => allowed);
    expect(taken.map(({ remaining }) => remaining).sort((a, b) => a - b)).toEqual(
      Array.from({ length: 100 }, (_, i) => i),
    );
    expect(counts.every(({ limit }) => limit === 100)).toBe(true);
    expect(new Set(counts.map(({ resetAt }) => resetAt)).size).toBeLessThanOrEqual(2);
  });

  check('keep keys apart', async () => {
    const [one, other] = [key(), key()];
    await counters.consume(one, MINUTE, 100);
    expect(await counters.consume(one, MINUTE, 1)).toMatchObject({ allowed: false, remaining: 0 });
    expect(await counters.consume(other, MINUTE, 1)).toMatchObject({ allowed: true, remaining: 99 });
  });

  check('take nothing for what does not fit whole', async () => {
    const one = key();
    const quota = { requests: 3, window: 60_000 };
    expect(await counters.consume(one, quota, 4)).toMatchObject({ allowed: false, remaining: 3 });
    expect(await counters.consume(one, quota, 2)).toMatchObject({ allowed: true, remaining: 1 });
    expect(await counters.consume(one, quota, 2)).toMatchObject({ allowed: false, remaining: 1 });
    expect(await counters.consume(one, quota, 1)).toMatchObject({ allowed: true, remaining: 0 });
  });

  check('give everything back at the end of a window, which asking does not put off', async () => {
    const one = key();
    const quota = { requests: 1, window: 60 };
    await counters.consume(one, quota, 1);
    let count: Count;
    // Were it put off, this would go on for ever.
    do {
      count = await counters.consume(one, quota, 1);
      await new Promise(setImmediate);
    } while (!count.allowed);
    expect(count.remaining).toBe(0);
  });

  check('end a window on time, also where somebody takes from it all the while', async () => {
    const one = key();
    const quota = { requests: 1_000_000_000, window: 60 };
    let left = Number.POSITIVE_INFINITY;
    let count = await counters.consume(one, quota, 1);
    while (count.remaining < left) {
      left = count.remaining;
      await new Promise(setImmediate);
      count = await counters.consume(one, quota, 1);
    }
    expect(count.remaining).toBe(quota.requests - 1);
  });

  check('go on with what has been counted when the limit is another one', async () => {
    const one = key();
    await counters.consume(one, MINUTE, 50);
    for (let i = 0; i < 100; i++) await counters.consume(one, { ...MINUTE, requests: 10 }, 1);
    expect(await counters.consume(one, { ...MINUTE, requests: 10 }, 1)).toMatchObject({
      allowed: false,
      remaining: 0,
    });
    expect(await counters.consume(one, MINUTE, 1)).toMatchObject({ allowed: true, remaining: 49 });
  });

  check('give points back, but never more than have been taken', async () => {
    const one = key();
    await counters.refund(one, 1);
    await counters.consume(one, MINUTE, 2);
    await counters.refund(one, 1);
    expect(await counters.consume(one, MINUTE, 1)).toMatchObject({ remaining: 98 });
    await counters.refund(one, 1000);
    expect(await counters.consume(one, MINUTE, 1)).toMatchObject({ remaining: 99 });
  });

  check('count large numbers', async () => {
    const one = key();
    const quota = { requests: 4_000_000_000_000, window: 30 * 86_400_000 };
    expect(await counters.consume(one, quota, 3_000_000_000_000)).toMatchObject({
      allowed: true,
      remaining: 1_000_000_000_000,
    });
    expect(await counters.consume(one, quota, 1_000_000_000_001)).toMatchObject({ allowed: false });
    expect(await counters.consume(one, quota, 1_000_000_000_000)).toMatchObject({ remaining: 0 });
  });
});
