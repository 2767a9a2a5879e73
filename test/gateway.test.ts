import { once } from 'node:events';
import { createServer as createTlsServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import path from 'node:path';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { request } from 'undici';
import { afterEach, describe, expect, it } from 'vitest';
import { ConfigurationError } from '../src/kernel/configuration-error.ts';
import { CERTIFICATE, PRIVATE_KEY } from './support/certificate.ts';
import { startGateway, type TestGateway, type TestGatewayOptions } from './support/gateway.ts';
import {
  type Behaviour,
  type HttpService,
  held,
  json,
  startHttpService,
  text,
} from './support/http-service.ts';
import { openRaw, parseAnswer, readUntil } from './support/raw-http.ts';
import { makeKeys, mintToken, TEST_SECRET } from './support/token.ts';

let gateway: TestGateway | undefined;
let services: HttpService[] = [];
afterEach(async () => {
  await gateway?.close();
  gateway = undefined;
  await Promise.all(services.map((one) => one.close()));
  services = [];
});

async function service(behaviour?: Parameters<typeof startHttpService>[0]): Promise<HttpService> {
  const started = await startHttpService(behaviour);
  services.push(started);
  return started;
}

async function start(options: TestGatewayOptions): Promise<TestGateway> {
  gateway = await startGateway(options);
  return gateway;
}

async function get(path: string, headers: Record<string, string | string[]> = {}) {
  const answer = await request(`${gateway?.url}${path}`, { headers });
  return { status: answer.statusCode, headers: answer.headers, body: await answer.body.text() };
}

/** Answers with what tells one connection from another. */
const tellConnection: Behaviour = (incoming, response) => {
  response.end(String(incoming.socket.remotePort));
};

const oneRoute = (users: HttpService, more = '') => `
services:
  users: { urls: ['${users.url}'] }
routes:
  - { path: /users/*, service: users }
${more}`;

const sdl = `
extend schema @link(url: "https://specs.apollo.dev/connect/v0.4", import: ["@source", "@connect"])
type Query {
  me: User @connect(source: "users", http: { GET: "/me" }, selection: "id name")
}
type User { id: ID! name: String }
`;

describe('a gateway', () => {
  it('serves routes and the schema over the same service', async () => {
    const users = await service(json({ id: 'u1', name: 'Ada' }));
    await start({ config: oneRoute(users, 'graphql: {}'), sdl });
    expect(await get('/users/me')).toMatchObject({ status: 200, body: '{"id":"u1","name":"Ada"}' });
    const answer = await request(`${gateway?.url}/graphql`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ query: '{ me { id name } }' }),
    });
    expect(await answer.body.json()).toEqual({ data: { me: { id: 'u1', name: 'Ada' } } });
    expect(users.requests.map(({ url }) => url)).toEqual(['/users/me', '/me']);
  });

  it('carries request id and trace to services, log and answer', async () => {
    const users = await service();
    await start({ config: oneRoute(users) });
    const traceId = '4bf92f3577b34da6a3ce929d0e0e4736';
    const { headers } = await get('/users/me', {
      'x-request-id': 'mine',
      traceparent: `00-${traceId}-00f067aa0ba902b7-01`,
      tracestate: 'a=1',
      baggage: 'b=2',
    });
    expect(headers).toMatchObject({ 'x-request-id': 'mine', traceparent: expect.stringContaining(traceId) });
    expect(users.requests[0]?.headers).toMatchObject({
      'x-request-id': 'mine',
      traceparent: expect.stringMatching(`^00-${traceId}-(?!00f067aa0ba902b7)[0-9a-f]{16}-01$`),
      tracestate: 'a=1',
      baggage: 'b=2',
    });
    await gateway?.log.ended(1);
    expect(gateway?.log.requests()).toMatchObject([
      {
        requestId: 'mine',
        traceId,
        status: 200,
        path: '/users/me',
        route: expect.stringContaining('/users/*'),
      },
    ]);
  });

  it('tells services who is calling, and lets no client say so itself', async () => {
    const users = await service();
    await start({ config: oneRoute(users, `auth: { jwt: [{ secret: '${TEST_SECRET}' }] }`) });
    expect(await get('/users/me')).toMatchObject({ status: 401 });
    const token = await mintToken({ sub: 'u1', username: 'Ada' });
    await get('/users/me', {
      authorization: `Bearer ${token}`,
      'x-user-id': 'admin',
      X_User_Id: 'admin',
      'x-user_id': 'admin',
      'x-username': 'admin',
      'x-forwarded-for': '1.2.3.4',
      x_forwarded_for: '1.2.3.4',
      'x-forwarded-host': 'evil.test',
      forwarded: 'for=1.2.3.4',
      connection: 'x-user-id',
    });
    const seen = users.requests[0];
    const named = (name: RegExp) =>
      seen?.rawHeaders.flatMap((one, i, all) => (i % 2 === 0 && name.test(one) ? [all[i + 1]] : []));
    expect(named(/^x.user.id$/i)).toEqual(['u1']);
    expect(named(/^x.username$/i)).toEqual(['Ada']);
    expect(named(/^x.forwarded.for$/i)).toEqual(['127.0.0.1']);
    expect(named(/^x.forwarded.host$/i)).toEqual([`127.0.0.1:${gateway?.port}`]);
    expect(named(/^forwarded$/i)).toEqual([]);
  });

  it('shows its health, and that of the services', async () => {
    const users = await service();
    const posts = await service();
    await start({
      config: `
services:
  users: { urls: ['${users.url}'], health: { path: /up, timeout: 1s } }
  posts: { urls: ['${posts.url}'] }
routes:
  - { path: /users/*, service: users }
health: { aliases: [/api/health/, /actuator/health] }
`,
    });
    const answer = await get('/health');
    expect(answer).toMatchObject({
      status: 200,
      headers: { 'content-type': expect.stringContaining('json') },
    });
    expect(JSON.parse(answer.body)).toEqual({
      status: 'healthy',
      gateway: 'running',
      timestamp: expect.stringMatching(/^\d{4}-\d\d-\d\dT[\d:.]+Z$/),
      services: {
        users: { status: 'healthy', url: users.url, response_time: expect.any(Number) },
        posts: { status: 'healthy', url: posts.url, response_time: expect.any(Number) },
      },
    });
    expect(users.requests.at(-1)?.url).toBe('/up');
    expect(await get('/api/health/')).toMatchObject({ status: 200 });
    expect(await get('/actuator/health')).toMatchObject({ status: 200 });
    expect(await get('/api/health')).toMatchObject({ status: 404 });
    expect(await get('/livez')).toMatchObject({ status: 200 });
    expect(await get('/readyz')).toMatchObject({ status: 200 });
  });

  it('is unhealthy with a 503 if no service can be reached, and yet alive and ready', async () => {
    const users = await service();
    await start({ config: oneRoute(users) });
    await users.die();
    const answer = await get('/health');
    expect(answer.status).toBe(503);
    expect(JSON.parse(answer.body)).toMatchObject({
      status: 'unhealthy',
      services: { users: { status: 'unhealthy' } },
    });
    expect(await get('/livez')).toMatchObject({ status: 200 });
    expect(await get('/readyz')).toMatchObject({ status: 200 });
  });

  it('says 404 and 405 in the configured format', async () => {
    const users = await service();
    await start({
      config: `
server: { errors: { format: error } }
services:
  users: { urls: ['${users.url}'] }
routes:
  - { path: /users, methods: [GET], service: users }
`,
    });
    expect(await get('/nothing')).toMatchObject({ status: 404, body: '{"error":"Not found"}' });
    const answer = await request(`${gateway?.url}/users`, { method: 'DELETE' });
    expect(answer).toMatchObject({ statusCode: 405, headers: { allow: expect.stringContaining('GET') } });
    expect(await answer.body.json()).toEqual({ error: 'Method not allowed' });
  });

  it('refuses to begin with a faulty configuration, naming every fault', async () => {
    const faulty = start({ config: 'services: {}\nservces: {}\nserver: { prot: 1 }\n' });
    await expect(faulty).rejects.toBeInstanceOf(ConfigurationError);
    await expect(faulty).rejects.toThrowError(/gateway\.yaml:2:1: .*\n.*gateway\.yaml:3:11: /);
  });
});

describe('a reload', () => {
  it('shows new requests the new routes, and cuts none in flight', async () => {
    const slow = held(text('slow'));
    const users = await service(slow.behaviour);
    const config = (rest: string) => `services: { users: { urls: ['${users.url}'] } }\nroutes:\n${rest}`;
    await start({ config: config('  - { path: /old, service: users }') });
    const inFlight = get('/old');
    await users.received(1);
    await gateway?.reload({ config: config("  - { path: /new, respond: { body: 'new' } }") });
    expect(await get('/new')).toMatchObject({ status: 200 });
    expect(await get('/old')).toMatchObject({ status: 404 });
    slow.release();
    expect(await inFlight).toMatchObject({ status: 200, body: 'slow' });
  });

  it('keeps connections to a service that did not change, and drops those to one that did', async () => {
    const users = await service(tellConnection);
    const posts = await service(tellConnection);
    const config = (timeout: string) => `
services:
  users: { urls: ['${users.url}'] }
  posts: { urls: ['${posts.url}'], timeout: ${timeout} }
routes:
  - { path: /users, service: users }
  - { path: /posts, service: posts }
`;
    await start({ config: config('1s') });
    const before = [(await get('/users')).body, (await get('/posts')).body];
    await gateway?.reload({ config: config('2s') });
    expect((await get('/users')).body).toBe(before[0]);
    expect((await get('/posts')).body).not.toBe(before[1]);
  });

  it('takes up a key file that has been renewed', async () => {
    const [first, second] = [makeKeys('ec'), makeKeys('ec')];
    const config = `
auth: { jwt: [{ publicKey: key.pem }] }
services: {}
routes: [{ path: /a, respond: {} }]
`;
    const running = await start({ config, files: { 'key.pem': first.pem } });
    const ask = async ({ privateKey: key }: typeof first) =>
      (await get('/a', { authorization: `Bearer ${await mintToken({ sub: 'u1' }, { alg: 'ES256', key })}` }))
        .status;
    expect([await ask(first), await ask(second)]).toEqual([200, 401]);
    await running.reload({ files: { 'key.pem': second.pem } });
    expect([await ask(first), await ask(second)]).toEqual([401, 200]);
  });

  it('takes up a certificate that has been renewed, named from the folder of the configuration', async () => {
    const server = createTlsServer({ cert: CERTIFICATE, key: PRIVATE_KEY }, (_request, response) => {
      response.end('secure');
    });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const users = { url: `https://127.0.0.1:${(server.address() as AddressInfo).port}` } as HttpService;
    const config = oneRoute(users).replace("'] }", "'], tls: { ca: tls/ca.pem } }");
    const running = await start({ config, files: { 'tls/ca.pem': '' } });
    expect((await get('/users/me')).status).toBe(502);
    await running.reload({ files: { 'tls/ca.pem': CERTIFICATE } });
    expect(await get('/users/me')).toMatchObject({ status: 200, body: 'secure' });
    await gateway?.close();
    gateway = undefined;
    server.close();
  });

  it('tells which changes only a restart can make', async () => {
    const running = await start({ config: 'services: {}\nroutes: [{ path: /a, respond: {} }]' });
    await running.reload({
      config: 'server: { port: 1 }\nservices: {}\nroutes: [{ path: /a, respond: {} }]',
    });
    expect(running.log.lines).toContainEqual(
      expect.objectContaining({ level: 40, keys: ['server.port'], msg: expect.stringContaining('restart') }),
    );
  });

  it('that is faulty changes nothing, and tells what is wrong', async () => {
    const users = await service();
    await start({ config: oneRoute(users) });
    await expect(gateway?.reload({ config: 'services: 1' })).rejects.toBeInstanceOf(ConfigurationError);
    expect(await get('/users/me')).toMatchObject({ status: 200 });
  });

  it('that is asked for twice at once ends with the last one', async () => {
    const config = (body: number) => `services: {}\nroutes: [{ path: /a, respond: { body: ${body} } }]`;
    const running = await start({
      config: config(1),
      files: { 'two.yaml': config(2), 'three.yaml': config(3) },
    });
    const reload = (file: string) =>
      running.gateway.reload({ file: path.join(running.folder, file), env: {} });
    await Promise.all([reload('two.yaml'), reload('three.yaml')]);
    expect(await get('/a')).toMatchObject({ body: '3' });
  });
});

describe('an end', () => {
  it('is told to orchestrators first, lets what is in flight end, and takes nothing new', async () => {
    const slow = held(text('slow'));
    const users = await service(slow.behaviour);
    await start({ config: oneRoute(users, 'server: { drain: { delay: 1s, timeout: 10s } }') });
    const inFlight = get('/users/me');
    await users.received(1);
    const idle = await openRaw(gateway?.port ?? 0);
    const closing = gateway?.gateway.close();
    expect(await get('/readyz')).toMatchObject({ status: 503, body: '{"status":"draining"}' });
    expect(await get('/livez')).toMatchObject({ status: 200, headers: { connection: 'close' } });
    slow.release();
    expect(await inFlight).toMatchObject({ status: 200, body: 'slow' });
    await closing;
    await expect(get('/livez')).rejects.toThrowError();
    idle.destroy();
  });

  it('waits for a reload under way, to let go of what that makes live, and takes no other', async () => {
    const users = await service();
    const running = await start({
      config: oneRoute(users),
      sdl,
      files: {
        'two.yaml': oneRoute(users, 'graphql: { resolvers: ./slow.mjs }'),
        // So slow to load that nothing else would keep the gateway from its end.
        'slow.mjs': 'await new Promise((go) => setTimeout(go, 500)); export default {};',
      },
    });
    const order: string[] = [];
    const reload = () => running.gateway.reload({ file: path.join(running.folder, 'two.yaml'), env: {} });
    const reloading = reload().then(() => order.push('reloaded'));
    await nextTurn();
    const closing = running.gateway.close().then(() => order.push('closed'));
    await expect(reload()).rejects.toThrow('being closed');
    await Promise.all([reloading, closing]);
    expect(order).toEqual(['reloaded', 'closed']);
  });

  it('does not wait for ever', async () => {
    const users = await service(() => {});
    await start({ config: oneRoute(users, 'server: { drain: { timeout: 100ms } }') });
    const inFlight = get('/users/me');
    const outcome = expect(inFlight).rejects.toThrowError();
    await users.received(1);
    await gateway?.gateway.close();
    await outcome;
    await users.aborted(1);
  });

  it('closes connections that are kept alive as soon as they are free', async () => {
    const slow = held(text('slow'));
    const users = await service(slow.behaviour);
    await start({ config: oneRoute(users) });
    const socket = await openRaw(gateway?.port ?? 0);
    socket.write('GET /users/me HTTP/1.1\r\nHost: a.test\r\n\r\n');
    await users.received(1);
    const closing = gateway?.gateway.close();
    slow.release();
    expect(parseAnswer(await readUntil(socket, 'slow'))).toMatchObject({ status: 200 });
    await closing;
  });
});
