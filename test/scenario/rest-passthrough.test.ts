import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { createServer } from 'node:net';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { startGateway, type TestGateway } from '../support/gateway.ts';
import { cutBody, echo, type HttpService, hang, json, startHttpService } from '../support/http-service.ts';
import { askRaw, openRaw, parseAnswer, readToEnd, readUntil } from '../support/raw-http.ts';
import { mintToken, TEST_SECRET } from '../support/token.ts';

let users: HttpService;
let gateway: TestGateway;

beforeEach(async () => {
  users = await startHttpService(json({ ok: true }));
});
afterEach(async () => {
  await gateway.close();
  await users.close();
});

async function open({ routes = '', server = '', urls = [users.url] } = {}): Promise<void> {
  gateway = await startGateway({
    config: `
server: { ${server} }
auth: { jwt: [{ secret: "${TEST_SECRET}" }] }
services: { users: { urls: ${JSON.stringify(urls)}, timeout: 500ms } }
routes:
  - { path: /open/*, service: users, auth: none, rewrite: /* }
  - { path: /mine/*, service: users, auth: required }
  - { path: /admin/*, service: users, roles: [admin], methods: [GET, POST] }
${routes}`,
  });
}

/** A request written by hand, so that nothing is mended on the way. */
function ask(head: string, headers: readonly string[] = [], body = '') {
  const lines = [head, 'Host: api.example.test', 'Connection: close', ...headers, '', body];
  return askRaw(gateway.port, lines.join('\r\n'));
}

describe('who calls', () => {
  const forged = [
    'X-User-ID: 1',
    'x-user-id: 1',
    'X_User_ID: 1',
    'x_user-id: 1',
    'X-USERNAME: root',
    'X_Username: root',
    'X-Forwarded-For: 10.0.0.1',
    'X_Forwarded_For: 10.0.0.1',
    'X-Forwarded-Host: evil.test',
    'X-Forwarded-Proto: https',
    'Forwarded: for=10.0.0.1',
    'Connection: X-User-ID, X-Forwarded-For, X-Request-ID, Authorization-Not',
  ];

  test('is told to the service by the gateway alone, whatever the client says', async () => {
    await open();
    const token = await mintToken({ sub: 'u7', username: 'ada' });
    await ask('GET /mine/x HTTP/1.1', [...forged, `Authorization: Bearer ${token}`]);
    expect(users.requests[0]?.headers).toMatchObject({
      'x-user-id': 'u7',
      'x-username': 'ada',
      'x-forwarded-for': '127.0.0.1',
      'x-forwarded-host': 'api.example.test',
      'x-forwarded-proto': 'http',
      via: '1.1 portico',
    });
    expect(JSON.stringify(users.requests[0]?.rawHeaders)).not.toMatch(/10\.0\.0\.1|evil|root/);
  });

  test('nobody is nobody', async () => {
    await open();
    await ask('GET /open/x HTTP/1.1', forged);
    const names = (users.requests[0]?.rawHeaders ?? []).filter((_, i) => i % 2 === 0);
    expect(names.filter((name) => /user/i.test(name))).toEqual([]);
  });

  test('has to be known, and to have the role, before a service is called', async () => {
    await open();
    const none = await ask('GET /mine/x HTTP/1.1');
    expect(none.status).toBe(401);
    expect(none.headers['www-authenticate']).toContain('Bearer');
    expect(JSON.parse(none.body)).toMatchObject({ detail: 'Authentication required', status: 401 });
    const late = await mintToken({ sub: 'u7' }, { ttl: -60 });
    const expired = await ask('GET /mine/x HTTP/1.1', [`Authorization: Bearer ${late}`]);
    expect(JSON.parse(expired.body)).toMatchObject({ detail: 'Token expired', status: 401 });
    const plain = await mintToken({ sub: 'u7', roles: ['user'] });
    const denied = await ask('GET /admin/x HTTP/1.1', [`Authorization: Bearer ${plain}`]);
    expect(JSON.parse(denied.body)).toMatchObject({ title: 'Forbidden', status: 403 });
    expect(users.requests).toHaveLength(0);
  });
});

test('one id and one trace tie client, service and answer together', async () => {
  await open();
  const trace = '0af7651916cd43dd8448eb211c80319c';
  const answer = await ask('GET /open/x HTTP/1.1', [
    'X-Request-ID: abc-1',
    `traceparent: 00-${trace}-b7ad6b7169203331-01`,
    'tracestate: vendor=1',
    'baggage: k=v',
  ]);
  const seen = users.requests[0]?.headers;
  expect(seen).toMatchObject({ 'x-request-id': 'abc-1', tracestate: 'vendor=1', baggage: 'k=v' });
  expect(seen?.traceparent).toMatch(new RegExp(`^00-${trace}-(?!b7ad6b7169203331)[0-9a-f]{16}-01$`));
  expect(answer.headers['x-request-id']).toBe('abc-1');
  expect(answer.headers.traceparent).toContain(trace);
});

describe('paths', () => {
  test.each([
    '/open//x',
    '/open/./x',
    '/open/../mine/x',
    '/open/%2e%2e/mine/x',
    '/open/a%5Cb',
    '/open/%00',
    '/open/%zz',
  ])('%s is refused', async (path) => {
    await open();
    expect((await ask(`GET ${path} HTTP/1.1`)).status).toBe(400);
    expect(users.requests).toHaveLength(0);
  });

  test('an encoded slash stays one, and an encoded letter is a letter', async () => {
    await open();
    await ask('GET /%6Fpen/a%2Fb%2fc?x=%2F&y HTTP/1.1');
    expect(users.requests[0]?.url).toBe('/a%2Fb%2Fc?x=%2F&y');
  });

  test('an unknown one and a wrong method', async () => {
    await open({ server: 'errors: { format: error }' });
    const unknown = await ask('GET /nowhere HTTP/1.1');
    expect([unknown.status, unknown.body]).toEqual([404, '{"error":"Not found"}']);
    const wrong = await ask('DELETE /admin/x HTTP/1.1');
    expect([wrong.status, wrong.body]).toEqual([405, '{"error":"Method not allowed"}']);
    expect(wrong.headers.allow).toBe('GET, HEAD, POST');
  });
});

describe('a service in trouble', () => {
  test('that is gone, in every format', async () => {
    await users.die();
    await open({ server: 'errors: { format: detail, unreachable: 503 }' });
    const answer = await ask('GET /open/x HTTP/1.1');
    expect([answer.status, answer.body]).toEqual([503, '{"detail":"Bad gateway"}']);
    expect(Number(answer.headers['retry-after'])).toBeGreaterThan(0);
  });

  test('that is silent is given up on after its timeout', async () => {
    users.behave(hang);
    await open({ server: 'errors: { format: error }' });
    const answer = await ask('POST /open/x HTTP/1.1', ['Content-Length: 2'], 'hi');
    expect([answer.status, answer.body]).toEqual([504, '{"error":"Gateway timeout"}']);
    await users.aborted(1);
  });

  test('that breaks off breaks the answer off: nothing is appended, and nothing is asked again', async () => {
    users.behave(cutBody);
    await open();
    const socket = await openRaw(gateway.port);
    socket.write('GET /open/x HTTP/1.1\r\nHost: x\r\n\r\n');
    const answer = parseAnswer(await readToEnd(socket));
    expect(answer.status).toBe(200);
    expect(answer.headers['content-length']).toBe('1000');
    expect(answer.body).toBe('{"half":');
    expect(users.requests).toHaveLength(1);
  });

  test('that speaks nonsense is a bad gateway', async () => {
    const server = createServer((socket) => socket.end('220 mail ready\r\n\r\n'));
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    await open({ urls: [`http://127.0.0.1:${(server.address() as AddressInfo).port}`] });
    expect((await ask('GET /open/x HTTP/1.1')).status).toBe(502);
    server.close();
  });

  test('with a second target: the one that lives answers', async () => {
    const dead = await startHttpService();
    await dead.die();
    users.behave(echo);
    await open({ urls: [dead.url, users.url] });
    const answers = [];
    for (let i = 0; i < 4; i++) {
      answers.push(await ask('POST /open/x HTTP/1.1', ['Content-Length: 2'], 'hi'));
    }
    expect(answers.map(({ status }) => status)).toEqual([200, 200, 200, 200]);
  });
});

describe('a client in a hurry', () => {
  test('that leaves takes its call with it', async () => {
    users.behave(hang);
    await open();
    const socket = await openRaw(gateway.port);
    socket.write('GET /open/x HTTP/1.1\r\nHost: x\r\n\r\n');
    await users.received(1);
    socket.destroy();
    await users.aborted(1);
    await gateway.log.ended(1);
    expect(gateway.log.requests()[0]).toMatchObject({ status: 499 });
  });

  test('that asks again on the same connection before it has its answer gets both, in order', async () => {
    users.behave((request, response, seen) => json({ url: request.url })(request, response, seen));
    await open();
    const socket = await openRaw(gateway.port);
    socket.write('GET /open/1 HTTP/1.1\r\nHost: x\r\n\r\n');
    socket.write('GET /open/2 HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n');
    const text = await readToEnd(socket);
    expect(text.match(/\{"url":"\/\d"\}/g)).toEqual(['{"url":"/1"}', '{"url":"/2"}']);
  });

  test('that waits for the go-ahead is refused before it has sent anything', async () => {
    await open();
    const socket = await openRaw(gateway.port);
    socket.write('PUT /mine/x HTTP/1.1\r\nHost: x\r\nContent-Length: 1000\r\nExpect: 100-continue\r\n\r\n');
    const text = await readToEnd(socket);
    expect(text).not.toContain('100 Continue');
    expect(parseAnswer(text).status).toBe(401);
  });

  test('that waits for the go-ahead gets it when the route is open to it', async () => {
    users.behave(echo);
    await open();
    const socket = await openRaw(gateway.port);
    socket.write('PUT /open/x HTTP/1.1\r\nHost: x\r\nConnection: close\r\n');
    socket.write('Content-Length: 5\r\nExpect: 100-continue\r\n\r\n');
    await readUntil(socket, '100 Continue\r\n\r\n');
    const rest = readToEnd(socket);
    socket.write('hello');
    expect(await rest).toContain('hello');
  });
});

test('events arrive one by one, as they are made', async () => {
  let emit = (_: string) => {};
  users.behave((_request, response) => {
    response.writeHead(200, { 'content-type': 'text/event-stream', 'cache-control': 'no-cache' });
    response.flushHeaders();
    emit = (text) => void response.write(`data: ${text}\n\n`);
  });
  await open();
  const socket = await openRaw(gateway.port);
  socket.write('GET /open/events HTTP/1.1\r\nHost: x\r\n\r\n');
  expect(await readUntil(socket, '\r\n\r\n')).toContain('text/event-stream');
  for (const text of ['one', 'two', 'three']) {
    emit(text);
    await readUntil(socket, `data: ${text}\n\n`);
  }
  socket.destroy();
  await users.aborted(1);
});

test('an upgrade is not passed on', async () => {
  await open();
  const answer = await ask('GET /open/x HTTP/1.1', ['Upgrade: h2c', 'HTTP2-Settings: AAMAAABk']);
  expect(answer.status).toBe(200);
  expect(users.requests[0]?.headers.upgrade).toBeUndefined();
});

test('a schema in a file beside the configuration is checked against', async () => {
  gateway = await startGateway({
    config: `
services: { users: { urls: ["${users.url}"] } }
routes: [{ path: /posts, service: users, schema: schemas/post.json }]`,
    files: { 'schemas/post.json': '{"type":"object","required":["title"]}' },
  });
  const post = (body: string) =>
    ask('POST /posts HTTP/1.1', ['Content-Type: application/json', `Content-Length: ${body.length}`], body);
  expect((await post('{"title":"x"}')).status).toBe(200);
  const refused = await post('{}');
  expect(refused.status).toBe(400);
  expect(JSON.parse(refused.body).errors[0].pointer).toBe('/title');
});

test('versions of one path are told apart by a header', async () => {
  const second = await startHttpService(json({ version: 2 }));
  gateway = await startGateway({
    config: `
services: { one: { urls: ["${users.url}"] }, two: { urls: ["${second.url}"] } }
routes:
  - { path: /x, service: one, version: "1", deprecated: { sunset: 2030-01-01 } }
  - { path: /x, service: two, version: "2", header: { X-API-Version: "2" } }`,
  });
  const first = await ask('GET /x HTTP/1.1');
  expect(first.headers).toMatchObject({ deprecation: '@0', sunset: 'Tue, 01 Jan 2030 00:00:00 GMT' });
  const newer = await ask('GET /x HTTP/1.1', ['X-API-Version: 2']);
  expect(newer.body).toBe('{"version":2}');
  expect(newer.headers.deprecation).toBeUndefined();
  await second.close();
});
