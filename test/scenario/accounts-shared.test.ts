import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { systemClock } from '../../src/kernel/clock.ts';
import { migrateDatabase } from '../../src/storage/migrate-database.ts';
import { type Answer, accountClient, PASSWORD, type Pair } from '../support/account-client.ts';
import { startGateway, type TestGateway } from '../support/gateway.ts';
import { type GatewayProcess, startGatewayProcess } from '../support/gateway-process.ts';
import { hasPostgres, startPostgres, type TestPostgres } from '../support/postgres.ts';
import { hasRedis, startRedis, type TestRedis } from '../support/redis.ts';

type Client = ReturnType<typeof accountClient>;
interface Two {
  readonly one: Client;
  readonly two: Client;
}

const quiet = { info() {}, warn() {}, error() {} };
const isHere = hasPostgres('accounts of several gateways') && hasRedis('accounts of several gateways');

describe.skipIf(!isHere)('accounts that several gateways share', () => {
  let postgres: TestPostgres;
  let redis: TestRedis;
  let processes: readonly GatewayProcess[] = [];
  let gateways: TestGateway[] = [];
  /** Two processes over one database and one Redis, and two over a database alone. */
  let shared: Two;
  let alone: Two;

  beforeAll(async () => {
    [postgres, redis] = await Promise.all([startPostgres(), startRedis()]);
    const [first, second] = await Promise.all([configuration(true), configuration(false)]);
    processes = await Promise.all([first, first, second, second].map(startGatewayProcess));
    const [a, b, c, d] = processes.map(({ url }) => accountClient(url)) as [Client, Client, Client, Client];
    shared = { one: a, two: b };
    alone = { one: c, two: d };
  }, 60_000);
  afterAll(async () => {
    await Promise.all(processes.map((one) => one.close()));
    await Promise.all([postgres?.close(), redis?.close()]);
  });
  afterEach(async () => {
    await Promise.all(gateways.map((one) => one.close()));
    gateways = [];
  });

  async function configuration(withRedis: boolean): Promise<string> {
    const url = await postgres.createDatabase();
    await migrateDatabase({ url, dataDir: '' }, { clock: systemClock, logger: quiet });
    return `
storage: { database: '${url}', redis: '${withRedis ? redis.url : ''}' }
auth: { accounts: { enabled: true, registration: true } }
services: {}
routes:
  - { path: /me, respond: { status: 200, body: yes } }`;
  }

  async function start(config: string) {
    const gateway = await startGateway({ config });
    gateways.push(gateway);
    return { gateway, client: accountClient(gateway.url) };
  }

  it('log in at one, are known at the other, and with Redis are logged out there at the same moment', async () => {
    const { one, two } = shared;
    await one.register('ana');

    for (let i = 0; i < 5; i++) {
      const pair = await one.login('ana');
      expect(await two.status(pair.access_token)).toBe(200);
      expect((await one.logout(pair.access_token)).status).toBe(204);
      expect(await two.status(pair.access_token)).toBe(401);
      expect((await two.refresh(pair.refresh_token)).status).toBe(401);
    }
  });

  it('are logged out everywhere within a second by the database alone', async () => {
    const { one, two } = alone;
    await one.register('bob');
    const kept = await two.login('bob');
    const pair = await one.login('bob');
    expect(await two.status(pair.access_token)).toBe(200);

    expect((await one.logout(pair.access_token)).status).toBe(204);

    await expect.poll(() => two.status(pair.access_token), { timeout: 5000 }).toBe(401);
    expect((await two.refresh(pair.refresh_token)).status).toBe(401);
    expect(await two.status(kept.access_token)).toBe(200);
  });

  it('are refreshed once, though both gateways are asked at the same time', async () => {
    const { one, two } = shared;
    await one.register('cyd');
    const { refresh_token } = await one.login('cyd');

    const answers = await Promise.all([one, two, one, two].map((client) => client.refresh(refresh_token)));
    const won = answers.filter(({ status }) => status === 200);

    expect(won).toHaveLength(1);
    const { access_token } = (won[0] as Answer).body as unknown as Pair;
    expect([await one.status(access_token), await two.status(access_token)]).toEqual([401, 401]);
  });

  it('guess no more passwords at two gateways than at one', async () => {
    const { one, two } = shared;
    await one.register('ada');

    const answers = await Promise.all(
      Array.from({ length: 24 }, (_, i) => (i % 2 === 0 ? one : two).tryLogin('ada', `guess ${i}`)),
    );

    expect(answers.filter(({ status }) => status === 401)).toHaveLength(10);
    expect(answers.filter(({ status }) => status === 429)).toHaveLength(14);
  });

  it('sign with one key, though both gateways start on an empty database', async () => {
    const { one, two } = alone;
    await one.register('eve');

    const [a, b] = await Promise.all([one.login('eve'), two.login('eve')]);

    expect(await two.status(a.access_token)).toBe(200);
    expect(await one.status(b.access_token)).toBe(200);
  });

  it('go on while the database is away: tokens hold, and what needs it says so and comes back by itself', async () => {
    const { gateway, client } = await start(await configuration(false));
    await client.register('mei');
    const pair = await client.login('mei');
    const ended = await client.login('mei');
    await client.logout(ended.access_token);

    await postgres.stop();
    const answers = [
      await client.tryLogin('mei'),
      await client.refresh(pair.refresh_token),
      await client.register('ben'),
      await client.logout(pair.access_token),
    ];
    // Told once, when it would have been time to ask.
    await expect
      .poll(async () => {
        await client.status(pair.access_token);
        return gateway.log.lines.filter(({ msg }) => String(msg).includes('access tokens are taken until'))
          .length;
      })
      .toBe(1);
    const status = await client.status(pair.access_token);
    const known = await client.status(ended.access_token);
    const keys = await client.get('/.well-known/jwks.json');
    await postgres.start();

    for (const answer of answers) {
      expect(answer.status).toBe(503);
      expect(Number(answer.headers['retry-after'])).toBeGreaterThan(0);
    }
    expect(status).toBe(200);
    expect(known).toBe(401);
    expect(keys.status).toBe(200);
    await expect.poll(async () => (await client.tryLogin('mei')).status, { timeout: 15_000 }).toBe(200);
    const renewed = await client.refresh(pair.refresh_token);
    expect(renewed.text).toContain('access_token');
    expect(await client.status((renewed.body as unknown as Pair).access_token)).toBe(200);
    // The failures were the database's, and count against nobody.
    expect((await client.tryLogin('mei', PASSWORD)).status).toBe(200);
  });

  it('start while the database is away, and find it later', async () => {
    const config = await configuration(false);
    const first = await start(config);
    await first.client.register('mei');
    const pair = await first.client.login('mei');

    await postgres.stop();
    const { client } = await start(config);
    const early = await client.get('/me', pair.access_token);
    await postgres.start();

    expect(early.status).toBe(503);
    expect(Number(early.headers['retry-after'])).toBeGreaterThan(0);
    await expect.poll(() => client.status(pair.access_token), { timeout: 15_000 }).toBe(200);
  });

  it('keep a logout that Redis has forgotten', async () => {
    const config = await configuration(true);
    const one = await start(config);
    const two = await start(config);
    await one.client.register('fay');
    const pair = await one.client.login('fay');
    expect(await two.client.status(pair.access_token)).toBe(200);

    await redis.stop();
    expect((await one.client.logout(pair.access_token)).status).toBe(204);
    await redis.start();

    await expect.poll(() => two.client.status(pair.access_token), { timeout: 10_000 }).toBe(401);
  });
});
