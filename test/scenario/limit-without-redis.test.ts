import { Redis } from 'ioredis';
import { describe, expect, it } from 'vitest';
import { startGateway } from '../support/gateway.ts';
import { hasRedis, startRedis } from '../support/redis.ts';

describe.skipIf(!hasRedis('limits of a gateway that starts without its Redis'))(
  'a gateway without its Redis',
  () => {
    it('starts, limits all the same, says so, and counts in Redis once it is there', async () => {
      const redis = await startRedis();
      await redis.stop();
      const gateway = await startGateway({
        config: `storage: { redis: "${redis.url}" }
services: {}
limits: { default: { requests: 2, window: 1h } }
routes: [{ path: /, respond: {} }]`,
      });
      const client = new Redis(redis.url, { lazyConnect: true });
      try {
        const ask = async (path: string) => fetch(gateway.url + path);
        const statuses = [(await ask('/')).status, (await ask('/')).status, (await ask('/')).status];
        expect(statuses).toEqual([200, 200, 429]);
        expect(await (await ask('/health')).json()).toMatchObject({ status: 'degraded' });
        const told = () =>
          gateway.log.lines.filter(({ msg }) => String(msg).startsWith('limits are counted'));
        expect(told()).toEqual([expect.objectContaining({ level: 40 })]);

        await redis.start();
        // Redis knows of nothing that was counted without it.
        while ((await ask('/')).status !== 200);
        await client.connect();
        const [key = '', ...others] = await client.keys('portico:limit:*');
        expect([key, others]).toEqual(['portico:limit:default:3600000:ip:127.0.0.1', []]);
        expect(await client.pttl(key)).toBeGreaterThan(0);
        expect(told()).toHaveLength(2);
      } finally {
        client.disconnect();
        await gateway.close();
        await redis.close();
      }
    });
  },
);
