import { request } from 'undici';
import { afterEach, describe, expect, it } from 'vitest';
import { FakeClock } from '../support/fake-clock.ts';
import { startGateway, type TestGateway } from '../support/gateway.ts';
import { type HttpService, startHttpService } from '../support/http-service.ts';
import { mintToken, TEST_SECRET } from '../support/token.ts';

let gateway: TestGateway;
let service: HttpService | undefined;
afterEach(async () => {
  await gateway.close();
  await service?.close();
  service = undefined;
});

const clock = new FakeClock();
const AUTH = `auth: { default: optional, jwt: [{ secret: "${TEST_SECRET}" }] }`;
const OK = 'respond: { body: ok }';

async function start(config: string, sdl?: string): Promise<TestGateway> {
  gateway = await startGateway({ config: `services: {}\n${config}`, clock, ...(sdl && { sdl }) });
  return gateway;
}

interface Ask {
  readonly headers?: Record<string, string>;
  readonly method?: 'GET' | 'POST' | 'HEAD';
  readonly body?: string;
}

async function ask(path = '/', { headers = {}, method = 'GET', body }: Ask = {}) {
  const answer = await request(gateway.url + path, { method, headers, ...(body !== undefined && { body }) });
  return { status: answer.statusCode, headers: answer.headers, text: await answer.body.text() };
}

async function statuses(count: number, path?: string, options?: Ask): Promise<number[]> {
  const found: number[] = [];
  for (let i = 0; i < count; i++) found.push((await ask(path, options)).status);
  return found;
}

const token = async (sub: string, claims = {}) => ({
  authorization: `Bearer ${await mintToken({ sub, ...claims }, { wall: clock.wall() })}`,
});

describe('an answer of a limited route', () => {
  it('tells what is left, and a refused one when to come again', async () => {
    await start(`limits: { default: { requests: 2, window: 1m } }\nroutes: [{ path: /, ${OK} }]`);
    const end = String(Math.ceil((clock.wall() + 60_000) / 1000));
    expect((await ask()).headers).toMatchObject({
      'x-ratelimit-limit': '2',
      'x-ratelimit-remaining': '1',
      'x-ratelimit-reset': end,
      'ratelimit-policy': '"default";q=2;w=60',
      ratelimit: '"default";r=1;t=60',
    });
    clock.advance(20_500);
    expect((await ask()).headers).toMatchObject({
      'x-ratelimit-remaining': '0',
      'x-ratelimit-reset': end,
      ratelimit: '"default";r=0;t=40',
    });
    for (let i = 0; i < 3; i++) {
      const refused = await ask();
      expect(refused.status).toBe(429);
      expect(refused.headers).toMatchObject({
        'retry-after': '40',
        'x-ratelimit-limit': '2',
        'x-ratelimit-remaining': '0',
        'x-ratelimit-reset': end,
        'ratelimit-policy': '"default";q=2;w=60',
        ratelimit: '"default";r=0;t=40',
        'cache-control': 'no-store',
      });
    }
    clock.advance(39_500);
    expect((await ask()).headers['x-ratelimit-remaining']).toBe('1');
  });

  it.each([
    ['error', { error: 'Rate limit exceeded', retry_after: 60 }],
    ['detail', { detail: 'Rate limit exceeded' }],
    [
      'problem',
      {
        type: 'urn:portico:error:rate-limited',
        title: 'Rate limit exceeded',
        status: 429,
        detail: 'Rate limit exceeded',
        instance: '/',
        requestId: expect.any(String),
        retry_after: 60,
      },
    ],
  ])('is refused in the format %s', async (format, body) => {
    await start(`server: { errors: { format: ${format} } }
limits: { default: { requests: 1, window: 1m } }
routes: [{ path: /, ${OK} }]`);
    await ask();
    expect(JSON.parse((await ask()).text)).toEqual(body);
  });

  it('is refused in the words of the configuration', async () => {
    await start(`server: { errors: { format: detail } }
limits: { default: { requests: 1, window: 60s, message: "请求过于频繁，请稍后再试。限制：{limit} 次/{window}秒" } }
routes: [{ path: /, ${OK} }]`);
    await ask();
    expect(JSON.parse((await ask()).text)).toEqual({
      detail: '请求过于频繁，请稍后再试。限制：1 次/60秒',
    });
  });

  it('is the gateway’s own also where the service counts as well, and the service’s where nobody else does', async () => {
    service = await startHttpService((_request, response) => {
      response.writeHead(200, { 'X-RateLimit-Limit': '7', ratelimit: '"theirs";r=3;t=4', 'X-Own': 'yes' });
      response.end('theirs');
    });
    gateway = await startGateway({
      config: `services: { s: { urls: ["${service.url}"] } }
limits: { default: { requests: 5, window: 1m } }
routes: [{ path: /limited, service: s }, { path: /free, service: s, limit: false }]`,
    });
    const limited = await ask('/limited');
    expect(limited).toMatchObject({ status: 200, text: 'theirs' });
    expect(limited.headers).toMatchObject({
      'x-ratelimit-limit': '5',
      'x-ratelimit-remaining': '4',
      ratelimit: expect.stringMatching(/^"default";r=4;t=\d+$/),
      'x-own': 'yes',
    });
    const free = (await ask('/free')).headers;
    expect(free).toMatchObject({ 'x-ratelimit-limit': '7', ratelimit: '"theirs";r=3;t=4' });
    expect(free).not.toHaveProperty('ratelimit-policy');
    const head = await ask('/limited', { method: 'HEAD' });
    expect(head.headers['x-ratelimit-remaining']).toBe('3');
    service.behave((_request, response) => void response.destroy());
    const failed = await ask('/limited');
    expect(failed.status).toBe(502);
    expect(failed.headers['x-ratelimit-remaining']).toBe('2');
  });
});

describe('counting', () => {
  it('lets exactly as many through as there are, however many come at once', async () => {
    await start(`limits: { default: { requests: 100, window: 1m } }\nroutes: [{ path: /, ${OK} }]`);
    const all = await Promise.all(Array.from({ length: 500 }, () => ask()));
    expect(all.filter(({ status }) => status === 200)).toHaveLength(100);
    expect(all.filter(({ status }) => status === 429)).toHaveLength(400);
    const left = all
      .filter(({ status }) => status === 200)
      .map(({ headers }) => Number(headers['x-ratelimit-remaining']));
    expect(left.sort((a, b) => a - b)).toEqual(Array.from({ length: 100 }, (_, i) => i));
  });

  it('goes by user where there is one, else by address', async () => {
    await start(`${AUTH}\nlimits: { default: { requests: 1, window: 1m } }\nroutes: [{ path: /, ${OK} }]`);
    expect(await statuses(2, '/', { headers: await token('u1') })).toEqual([200, 429]);
    expect(await statuses(2, '/', { headers: await token('u2') })).toEqual([200, 429]);
    expect(await statuses(2)).toEqual([200, 429]);
  });

  it('goes by the address that trusted proxies name, and by nothing that others make up', async () => {
    const config = (proxies: string) => `server: { trustedProxies: [${proxies}] }
limits: { default: { requests: 1, window: 1m, by: [ip] } }
routes: [{ path: /, ${OK} }]`;
    await start(config('127.0.0.1'));
    const from = (ip: string) => ({ headers: { 'x-forwarded-for': ip } });
    expect(await statuses(2, '/', from('203.0.113.1'))).toEqual([200, 429]);
    expect(await statuses(1, '/', from('198.51.100.9, 203.0.113.1'))).toEqual([429]);
    expect(await statuses(1, '/', from('203.0.113.2'))).toEqual([200]);
    expect(await statuses(1, '/', from('2001:db8::1'))).toEqual([200]);
    expect(await statuses(1, '/', from('2001:db8::abcd:2'))).toEqual([429]);
    await gateway.close();
    await start(config(''));
    expect([
      ...(await statuses(1, '/', from('203.0.113.3'))),
      ...(await statuses(1, '/', from('203.0.113.4'))),
    ]).toEqual([200, 429]);
  });

  it('goes by a header where it is sent, else by address', async () => {
    await start(
      `limits: { default: { requests: 1, window: 1m, by: ["header:X-Tenant"] } }\nroutes: [{ path: /, ${OK} }]`,
    );
    expect(await statuses(2, '/', { headers: { 'x-tenant': 'a' } })).toEqual([200, 429]);
    expect(await statuses(1, '/', { headers: { 'X-TENANT': 'b' } })).toEqual([200]);
    expect(await statuses(2)).toEqual([200, 429]);
    expect(await statuses(1, '/', { headers: { 'x-tenant': '' } })).toEqual([429]);
  });

  it('counts who can not say who it is by address, and lets everybody else in', async () => {
    await start(`auth: { default: required, jwt: [{ secret: "${TEST_SECRET}" }] }
limits: { default: { requests: 3, window: 1m } }
routes: [{ path: /, ${OK} }]`);
    const guess = { headers: { authorization: 'Bearer a.b.c' } };
    const first = await ask('/', guess);
    expect(first.status).toBe(401);
    expect(first.headers['x-ratelimit-remaining']).toBe('2');
    expect(await statuses(3, '/', guess)).toEqual([401, 401, 429]);
    expect(await statuses(1)).toEqual([429]);
    expect(await statuses(4, '/', { headers: await token('u1') })).toEqual([200, 200, 200, 429]);
  });

  it('counts them by address whatever else it goes by', async () => {
    await start(`auth: { default: required, jwt: [{ secret: "${TEST_SECRET}" }] }
limits: { default: { requests: 2, window: 1m, by: ["header:X-Tenant"] } }
routes: [{ path: /, ${OK} }]`);
    const guess = (tenant: string) =>
      ask('/', { headers: { authorization: 'Bearer a.b.c', 'x-tenant': tenant } });
    expect((await guess('a')).status).toBe(401);
    expect((await guess('b')).status).toBe(401);
    expect((await guess('c')).status).toBe(429);
    expect(await statuses(1, '/', { headers: { ...(await token('u1')), 'x-tenant': 'c' } })).toEqual([200]);
  });

  it('comes before roles are looked at', async () => {
    await start(`${AUTH}\nlimits: { default: { requests: 2, window: 1m } }
routes: [{ path: /, roles: [admin], ${OK} }]`);
    expect(await statuses(3, '/', { headers: await token('u1') })).toEqual([403, 403, 429]);
  });
});

describe('which limit holds', () => {
  it('is the route’s own, else the default one, and none where there is to be none', async () => {
    await start(`limits:
  default: { requests: 2, window: 1m }
  slow: { requests: 1, window: 1h }
routes:
  - { path: /a, ${OK} }
  - { path: /b, ${OK} }
  - { path: /slow1, limit: slow, ${OK} }
  - { path: /slow2, limit: slow, ${OK} }
  - { path: /inline, limit: { requests: 1, window: 1m }, ${OK} }
  - { path: /other, limit: { requests: 1, window: 1m }, ${OK} }
  - { path: /free, limit: false, ${OK} }`);
    // All that share a limit count together; the others are not touched by that.
    expect([...(await statuses(1, '/a')), ...(await statuses(2, '/b'))]).toEqual([200, 200, 429]);
    expect([...(await statuses(1, '/slow1')), ...(await statuses(1, '/slow2'))]).toEqual([200, 429]);
    expect((await ask('/slow1')).headers).toMatchObject({
      'retry-after': '3600',
      'ratelimit-policy': '"slow";q=1;w=3600',
    });
    expect([...(await statuses(2, '/inline')), ...(await statuses(1, '/other'))]).toEqual([200, 429, 200]);
    expect((await ask('/inline')).headers['ratelimit-policy']).toBe('"/inline";q=1;w=60');
    expect(await statuses(5, '/free')).toEqual([200, 200, 200, 200, 200]);
    expect((await ask('/free')).headers).not.toHaveProperty('x-ratelimit-limit');
  });

  it('counts each route for itself where it says so', async () => {
    await start(`limits: { default: { requests: 1, window: 1m, scope: route } }
routes:
  - { path: /a, ${OK} }
  - { path: /b, methods: [GET], ${OK} }
  - { path: /b, methods: [POST], ${OK} }
  - { path: "/users/{id}", ${OK} }`);
    expect([...(await statuses(2, '/a')), ...(await statuses(2, '/b'))]).toEqual([200, 429, 200, 429]);
    expect(await statuses(2, '/b', { method: 'POST' })).toEqual([200, 429]);
    expect([...(await statuses(1, '/users/1')), ...(await statuses(1, '/users/2'))]).toEqual([200, 429]);
  });

  it('is none for what the gateway says of itself, nor for what is not there', async () => {
    await start(`limits: { default: { requests: 1, window: 1m } }\nroutes: [{ path: /, ${OK} }]`);
    for (const path of ['/health', '/livez', '/readyz'])
      expect(await statuses(3, path)).toEqual([200, 200, 200]);
    expect(await statuses(3, '/nowhere')).toEqual([404, 404, 404]);
    expect(await statuses(2)).toEqual([200, 429]);
  });

  it('is the default one for GraphQL, on both ways through its door', async () => {
    await start(
      `limits: { default: { requests: 3, window: 1m } }
graphql: {}
routes: [{ path: /, ${OK} }]`,
      `extend schema @link(url: "https://specs.apollo.dev/connect/v0.4", import: ["@connect"])
      type Query { hello: String @connect(http: { GET: "http://localhost:9/" }, selection: "$.hello") }`,
    );
    const post = (body: string): Ask => ({
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body,
    });
    const plain = await ask('/graphql', post('{"query":"{ __typename }"}'));
    expect(JSON.parse(plain.text)).toEqual({ data: { __typename: 'Query' } });
    expect(plain.headers['x-ratelimit-remaining']).toBe('2');
    const faulty = await ask('/graphql', post('{"query":"{ nothing }"}'));
    expect(faulty.headers['x-ratelimit-remaining']).toBe('1');
    expect(await statuses(2)).toEqual([200, 429]);
    const refused = await ask('/graphql', post('{"query":"{ __typename }"}'));
    expect(refused.status).toBe(429);
    expect(refused.headers).toMatchObject({ 'retry-after': '60', 'x-ratelimit-remaining': '0' });
    expect(refused.headers['content-type']).toMatch(/^application\/(graphql-response\+)?json/);
    expect(JSON.parse(refused.text)).toEqual({
      errors: [
        {
          message: 'Rate limit exceeded',
          extensions: { code: 'RATE_LIMITED', requestId: expect.any(String), retryAfter: 60 },
        },
      ],
    });
  });
});

describe('a reload', () => {
  const config = (limit: string) =>
    `services: {}\nlimits: { default: { ${limit} } }\nroutes: [{ path: /, ${OK} }]`;

  it('goes on counting where it was, also up to another number; another window begins anew', async () => {
    gateway = await startGateway({ clock, config: config('requests: 2, window: 1m') });
    expect(await statuses(3)).toEqual([200, 200, 429]);
    await gateway.reload({ config: config('requests: 2, window: 1m, message: "slow down"') });
    expect(await ask()).toMatchObject({ status: 429, text: expect.stringContaining('slow down') });
    await gateway.reload({ config: config('requests: 3, window: 1m') });
    expect(await statuses(2)).toEqual([200, 429]);
    await gateway.reload({ config: config('requests: 3, window: 1h') });
    expect(await statuses(4)).toEqual([200, 200, 200, 429]);
  });
});
