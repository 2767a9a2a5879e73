import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { type Marketplace, startMarketplace } from '../support/marketplace.ts';
import { hasRedis, startRedis, type TestRedis } from '../support/redis.ts';

const started: Marketplace[] = [];
async function open(env: Readonly<Record<string, string>> = {}): Promise<Marketplace> {
  const one = await startMarketplace({ env });
  started.push(one);
  return one;
}
afterEach(async () => {
  for (const one of started.splice(0)) await one.close();
});

/** Asks `count` times, one gateway after the other, a few at a time; gives the statuses. */
async function askOften(gateways: readonly Marketplace[], count: number): Promise<number[]> {
  const statuses: number[] = [];
  for (let i = 0; i < count; i += 50) {
    const turn = Array.from({ length: Math.min(50, count - i) }, (_, j) => {
      const gateway = gateways[(i + j) % gateways.length] as Marketplace;
      return gateway.ask('/api/gigs/').then(({ status }) => status);
    });
    statuses.push(...(await Promise.all(turn)));
  }
  return statuses;
}

const howMany = (statuses: readonly number[], wanted: number) =>
  statuses.filter((status) => status === wanted).length;

describe('the limit of the marketplace', () => {
  it('lets an address pass a thousand times a minute, and says in its own words that it is enough', async () => {
    const marketplace = await open();
    const statuses = await askOften([marketplace], 1020);
    // Nobody has signed in here; what counts is that all of them are counted.
    expect([howMany(statuses, 401), howMany(statuses, 429)]).toEqual([1000, 20]);
    const { status, headers, body } = await marketplace.ask('/api/gigs/');
    expect([status, headers.get('x-ratelimit-limit')]).toEqual([429, '1000']);
    expect(body).toEqual({ error: 'Rate limit exceeded', retry_after: Number(headers.get('retry-after')) });
    expect((await marketplace.ask('/api/health/')).status).toBe(200);
  });

  const missing = !hasRedis('the limit of the marketplace over Redis');
  describe.skipIf(missing)('over Redis', () => {
    let redis: TestRedis;
    beforeAll(async () => {
      redis = await startRedis();
    });
    afterAll(() => redis.close());

    it('is one for all of its gateways', async () => {
      const env = { REDIS_URL: redis.url, RATE_LIMIT_REQUESTS: '100' };
      const gateways = [await open(env), await open(env)];
      const statuses = await askOften(gateways, 150);
      expect([howMany(statuses, 401), howMany(statuses, 429)]).toEqual([100, 50]);
    });
  });
});
