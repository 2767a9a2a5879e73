import { Agent, request } from 'undici';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type GatewayProcess, startGatewayProcess } from '../support/gateway-process.ts';
import { hasRedis, startRedis, type TestRedis } from '../support/redis.ts';

/** Three processes that limit together, as a fleet behind a load balancer does. */
describe.skipIf(!hasRedis('limits of several processes'))('a limit of three gateways', () => {
  let redis: TestRedis;
  let gateways: GatewayProcess[] = [];
  // Each request has a connection of its own, as different clients do.
  const agent = new Agent({ connections: null, pipelining: 0 });

  beforeAll(async () => {
    redis = await startRedis();
    const config = `storage: { redis: "${redis.url}" }
services: {}
limits: { default: { requests: 100, window: 1m, by: ["header:X-Part", ip] } }
routes: [{ path: /, respond: { body: ok } }]`;
    gateways = await Promise.all([1, 2, 3].map(() => startGatewayProcess(config)));
  });
  afterAll(async () => {
    await Promise.all(gateways.map((gateway) => gateway.close()));
    await agent.close();
    await redis.close();
  });

  /** `part` is who it is counted for; nobody else is. */
  async function ask(index: number, part?: string): Promise<{ status: number; remaining: number }> {
    const { url } = gateways[index % gateways.length] as GatewayProcess;
    const headers = part === undefined ? {} : { 'x-part': part };
    const answer = await request(url, { dispatcher: agent, headers });
    await answer.body.dump();
    return { status: answer.statusCode, remaining: Number(answer.headers['x-ratelimit-remaining']) };
  }

  async function passedOf(clients: number, part?: string): Promise<number> {
    const all = await Promise.all(Array.from({ length: clients }, (_, i) => ask(i, part)));
    const passed = all.filter(({ status }) => status === 200).length;
    expect(all.filter(({ status }) => status === 429)).toHaveLength(clients - passed);
    return passed;
  }

  /** Resolves when all of them count in Redis, which is told from each of them seeing what the others have taken. */
  async function untilShared(): Promise<void> {
    for (let i = 0; ; i++) {
      const counts = [await ask(0, `try ${i}`), await ask(1, `try ${i}`), await ask(2, `try ${i}`)];
      if (counts.map(({ remaining }) => remaining).join() === '99,98,97') return;
    }
  }

  it('lets exactly 100 of 200 clients through that come at once', async () => {
    await untilShared();
    expect(await passedOf(200)).toBe(100);
    expect(await passedOf(30)).toBe(0);
  });

  it('is never the reason of a failure while Redis goes away and comes back under load, and is exact again then', async () => {
    const statuses = new Map<number | string, number>();
    let over = false;
    let asked = 0;
    const load = Array.from({ length: 20 }, async (_, client) => {
      while (!over) {
        const outcome = await ask(client, `client ${client}`).then(
          ({ status }) => status,
          (error) => String(error),
        );
        statuses.set(outcome, (statuses.get(outcome) ?? 0) + 1);
        asked += 1;
      }
    });
    const more = async (count: number) => {
      const end = asked + count;
      while (asked < end) await new Promise(setImmediate);
    };
    await more(300);
    await redis.stop();
    await more(1000);
    await redis.start();
    await untilShared();
    await more(300);
    redis.pause();
    await more(300);
    redis.resume();
    await untilShared();
    over = true;
    await Promise.all(load);
    expect([...statuses.keys()].filter((outcome) => outcome !== 200 && outcome !== 429)).toEqual([]);
    expect(await passedOf(200, 'after all')).toBe(100);
  });
});
