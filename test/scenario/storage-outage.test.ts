import { setTimeout as delay } from 'node:timers/promises';
import { request } from 'undici';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { systemClock } from '../../src/kernel/clock.ts';
import { migrateDatabase } from '../../src/storage/migrate-database.ts';
import { type AccountClient, accountClient } from '../support/account-client.ts';
import { type GatewayProcess, startGatewayProcess } from '../support/gateway-process.ts';
import { memoryLogger } from '../support/memory-logger.ts';
import { hasPostgres, startPostgres, type TestPostgres } from '../support/postgres.ts';
import { hasRedis, startRedis, type TestRedis } from '../support/redis.ts';

const WHAT = 'a gateway whose Redis and PostgreSQL come and go';
const there = hasRedis(WHAT) && hasPostgres(WHAT);

/** Clients that ask again and again, one after the other. */
const CLIENTS = 8;

describe.skipIf(!there)('a gateway under load', () => {
  let redis: TestRedis;
  let postgres: TestPostgres;
  let gateway: GatewayProcess | undefined;
  let accounts: AccountClient;
  beforeAll(async () => {
    [redis, postgres] = await Promise.all([startRedis(), startPostgres()]);
    const url = await postgres.createDatabase();
    await migrateDatabase({ url, dataDir: '' }, { clock: systemClock, logger: memoryLogger().logger });
    gateway = await startGatewayProcess(`
storage: { redis: "${redis.url}", database: "${url}" }
auth: { accounts: { enabled: true, registration: true } }
limits: { default: { requests: 10000000, window: 1h } }
services: {}
routes:
  - { path: /open, auth: none, respond: { body: [open] } }
  - { path: /mine, respond: { body: [mine] } }
`);
    accounts = accountClient(gateway.url);
    expect((await accounts.register('ada')).status).toBe(201);
  }, 60_000);
  afterAll(async () => {
    await gateway?.close();
    await Promise.all([redis?.close(), postgres?.close()]);
  });

  const url = (path: string) => `${gateway?.url}${path}`;

  async function health(): Promise<Record<string, unknown>> {
    const answer = await request(url('/health'));
    return { code: answer.statusCode, ...((await answer.body.json()) as object) };
  }

  const until = (expected: Record<string, unknown>) =>
    vi.waitFor(async () => expect(await health()).toMatchObject(expected), { timeout: 10_000, interval: 50 });

  /** Asks until it is told to end; gives the statuses that came. Nobody who hangs would let it end. */
  function load(path: string, headers: Readonly<Record<string, string>> = {}) {
    const statuses = new Set<number>();
    let over = false;
    const client = async () => {
      while (!over) {
        const { statusCode, body } = await request(url(path), { headers });
        await body.dump();
        statuses.add(statusCode);
        await delay(2);
      }
    };
    const clients = Promise.all(Array.from({ length: CLIENTS }, client));
    return {
      async end() {
        over = true;
        await clients;
        return [...statuses];
      },
    };
  }

  it.each([['is stopped', 'stop', 'start'] as const, ['is silent', 'pause', 'resume'] as const])(
    'answers everything while Redis %s, and takes it up again',
    { timeout: 60_000 },
    async (_name, breakIt, mendIt) => {
      const { access_token } = await accounts.login('ada');
      const open = load('/open');
      const mine = load('/mine', { authorization: `Bearer ${access_token}` });
      await until({ code: 200, status: 'healthy', redis: 'healthy', database: 'healthy' });

      await redis[breakIt]();
      await until({ code: 200, status: 'degraded', redis: 'unhealthy', database: 'healthy' });
      expect((await accounts.tryLogin('ada')).status).toBe(200);
      await redis[mendIt]();
      await until({ code: 200, status: 'healthy', redis: 'healthy' });

      expect([await open.end(), await mine.end()]).toEqual([[200], [200]]);
    },
  );

  it.each([['is stopped', 'stop', 'start'] as const, ['is silent', 'pause', 'resume'] as const])(
    'answers what needs no database while PostgreSQL %s, and 503 with a time to wait else',
    { timeout: 60_000 },
    async (_name, breakIt, mendIt) => {
      const open = load('/open');
      await postgres[breakIt]();
      const first = await accounts.tryLogin('ada');
      expect(first.status).toBe(503);
      await until({ code: 200, status: 'degraded', redis: 'healthy', database: 'unhealthy' });
      const attempts = await Promise.all(Array.from({ length: 5 }, () => accounts.tryLogin('ada')));
      for (const { status, headers, text } of [first, ...attempts]) {
        expect(status).toBe(503);
        expect(headers['retry-after']).toBe('2');
        expect(text).toContain('Service unavailable');
        expect(text).not.toMatch(/127\.0\.0\.1|ECONN|postgres/i);
      }
      await postgres[mendIt]();
      await until({ code: 200, status: 'healthy', database: 'healthy' });
      expect((await accounts.tryLogin('ada')).status).toBe(200);
      expect(await open.end()).toEqual([200]);
    },
  );
});
