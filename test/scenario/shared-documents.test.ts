import { setTimeout as delay } from 'node:timers/promises';
import { Redis } from 'ioredis';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { get, persistedQuery, post, sha256 } from '../support/document-client.ts';
import { startGateway, type TestGateway } from '../support/gateway.ts';
import { type RestService, startRestService } from '../support/graphql-service.ts';
import { hasRedis, startRedis, type TestRedis } from '../support/redis.ts';

const SDL = `extend schema @link(url: "https://specs.apollo.dev/connect/v0.4", import: ["@source", "@connect"])
type Query {
  hello(name: String): String @connect(source: "main", http: { GET: "/hello", queryParams: "n: $args.name" }, selection: "$.text")
  few: String @connect(source: "main", http: { GET: "/hello" }, selection: "$.text") @rateLimit(max: 5, window: "1h")
}`;

const QUERY = 'query Hello($n: String) { hello(name: $n) }';
const NOT_FOUND = { errors: [{ extensions: { code: 'PERSISTED_QUERY_NOT_FOUND' } }] };
const HELLO = { data: { hello: 'Hello null' } };

describe.skipIf(!hasRedis('documents and field limits shared by Redis'))(
  'gateways that share a Redis',
  () => {
    let service: RestService;
    let redis: TestRedis;
    const gateways: TestGateway[] = [];

    beforeAll(async () => {
      service = await startRestService({
        'GET /hello': ({ url }) => ({ text: `Hello ${url.searchParams.get('n')}` }),
      });
    });
    afterAll(() => service.close());
    afterEach(async () => {
      for (const gateway of gateways.splice(0)) await gateway.close();
      await redis.close();
    });

    async function start(count: number): Promise<{ readonly url: string }[]> {
      redis = await startRedis();
      const config = JSON.stringify({
        services: { main: { urls: [service.url] } },
        graphql: {},
        storage: { redis: redis.url },
        telemetry: { audit: false },
      });
      for (let i = 0; i < count; i++) gateways.push(await startGateway({ config, sdl: SDL }));
      return gateways.map(({ url }) => ({ url: `${url}/graphql` }));
    }

    /** Keeping goes on behind the answer. */
    async function untilKept(api: { readonly url: string }, extensions: object): Promise<unknown> {
      for (;;) {
        const { body } = await post(api, { extensions });
        if ('data' in (body as object)) return body;
        await delay(5);
      }
    }

    it('know each other’s documents', async () => {
      const [one, other, third] = (await start(3)) as [{ url: string }, { url: string }, { url: string }];
      const extensions = persistedQuery(QUERY);
      expect((await post(other, { extensions })).body).toMatchObject(NOT_FOUND);
      expect((await post(one, { query: QUERY, extensions })).body).toEqual(HELLO);
      expect(await untilKept(other, extensions)).toEqual(HELLO);
      expect((await get(third, { documentId: `sha256:${sha256(QUERY)}` })).body).toEqual(HELLO);
      const client = new Redis(redis.url);
      const keys = (await client.keys('portico:document:*')) as string[];
      expect(keys).toHaveLength(1);
      expect(await client.ttl(keys[0] as string)).toBeGreaterThan(80_000);
      client.disconnect();
    });

    it('believe no document that is not the one asked for', async () => {
      const [one, other] = (await start(2)) as [{ url: string }, { url: string }];
      const extensions = persistedQuery(QUERY);
      await post(one, { query: QUERY, extensions });
      const client = new Redis(redis.url);
      let keys: string[] = [];
      while (keys.length === 0) keys = (await client.keys('portico:document:*')) as string[];
      await client.set(keys[0] as string, 'query Hello($n: String) { few }');
      expect((await post(other, { extensions })).body).toMatchObject(NOT_FOUND);
      expect((await post(one, { extensions })).body).toEqual(HELLO);
      // Nor one that is of another kind altogether.
      await client.del(keys[0] as string);
      await client.lpush(keys[0] as string, QUERY);
      expect((await post(other, { extensions })).body).toMatchObject(NOT_FOUND);
      client.disconnect();
    });

    it('do without Redis while it is gone, and wait for it no longer than a moment', async () => {
      const [one, other] = (await start(2)) as [{ url: string }, { url: string }];
      const extensions = persistedQuery(QUERY);
      await post(one, { query: QUERY, extensions });
      expect(await untilKept(other, extensions)).toEqual(HELLO);
      redis.pause();
      const unheard = '{ hello(name: "x") }';
      expect((await post(one, { extensions: persistedQuery(unheard) })).body).toMatchObject(NOT_FOUND);
      await redis.stop();
      expect((await post(one, { extensions: persistedQuery(unheard) })).body).toMatchObject(NOT_FOUND);
      expect((await post(one, { extensions })).body).toEqual(HELLO);
      const brought = { query: unheard, extensions: persistedQuery(unheard) };
      expect((await post(one, brought)).body).toEqual({ data: { hello: 'Hello x' } });
      expect((await post(one, { extensions: persistedQuery(unheard) })).body).toEqual({
        data: { hello: 'Hello x' },
      });
      expect((await post(other, { extensions })).body).toEqual(HELLO);
    });

    it('count uses of a field together, exactly, however many come at once', async () => {
      const all = await start(3);
      const asked = Array.from({ length: 60 }, (_, i) =>
        post(all[i % 3] as { url: string }, { query: '{ few }' }),
      );
      const answers = await Promise.all(asked);
      const good = answers.filter(({ body }) => !('errors' in (body as object)));
      expect(good).toHaveLength(5);
      const [refused] = answers.filter(({ body }) => 'errors' in (body as object));
      expect(refused?.status).toBe(200);
      expect(refused?.body).toMatchObject({
        data: { few: null },
        errors: [{ path: ['few'], extensions: { code: 'RATE_LIMITED', retryAfter: expect.any(Number) } }],
      });
    });

    it('go on counting for themselves while Redis is gone', async () => {
      const [one, other] = (await start(2)) as [{ url: string }, { url: string }];
      await post(one, { query: '{ a: few b: few c: few d: few e: few }' });
      expect((await post(other, { query: '{ few }' })).body).toMatchObject({ data: { few: null } });
      await redis.stop();
      expect((await post(one, { query: '{ few }' })).body).toMatchObject({ data: { few: null } });
    });
  },
);
