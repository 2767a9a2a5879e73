import { request as httpRequest, type IncomingMessage } from 'node:http';
import { buffer, text as readText } from 'node:stream/consumers';
import { gzipSync } from 'node:zlib';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { echo, type HttpService, json, startHttpService, text } from '../support/http-service.ts';
import { type RestDoor, startRestDoor } from '../support/rest-door.ts';

let service: HttpService;
let door: RestDoor;

beforeEach(async () => {
  service = await startHttpService(echo);
});
afterEach(async () => {
  await door?.close();
  await service.close();
});

async function open(routes: string, more = ''): Promise<void> {
  door = await startRestDoor({
    config: `services:\n  users: { urls: ["${service.url}/base"], retry: { attempts: 0 } }\n${more}\nroutes:\n${routes}`,
  });
}

interface Ask {
  readonly method?: string;
  readonly headers?: Record<string, string | string[]>;
  readonly body?: string | Buffer;
}

/** One request without any header of a client library's own. */
function ask(path: string, { method = 'GET', headers = {}, body }: Ask = {}): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => {
    const request = httpRequest(`${door.url}${path}`, { method, headers, agent: false }, resolve);
    request.on('error', reject);
    request.end(body);
  });
}

describe('the request', () => {
  test('goes with its method, path, query and body to the target', async () => {
    await open('  - { path: /api/users/*, service: users }');
    const response = await ask('/api/users/5?a=1&a=2', { method: 'PUT', body: '{"x":1}' });
    expect(await readText(response)).toBe('{"x":1}');
    expect(service.requests[0]).toMatchObject({ method: 'PUT', url: '/base/api/users/5?a=1&a=2' });
    expect(service.requests[0]?.headers['content-length']).toBe('7');
  });

  test('is rewritten, keeping the query', async () => {
    await open('  - { path: "/u/{id}/*", service: users, rewrite: "/v2/{id}/*" }');
    await ask('/u/a%2Fb/tail/x?q=%20');
    expect(service.requests[0]?.url).toBe('/base/v2/a%2Fb/tail/x?q=%20');
  });

  test('of unknown length stays chunked', async () => {
    await open('  - { path: /x, service: users }');
    const response = await ask('/x', {
      method: 'POST',
      headers: { 'transfer-encoding': 'chunked' },
      body: 'hello',
    });
    expect(await readText(response)).toBe('hello');
    expect(service.requests[0]?.headers).toMatchObject({ 'transfer-encoding': 'chunked' });
    expect(service.requests[0]?.headers['content-length']).toBeUndefined();
  });

  test('without a body has none, whatever its method', async () => {
    await open('  - { path: /x, service: users }');
    await ask('/x', { method: 'POST', headers: { 'content-length': '0' } });
    await ask('/x');
    expect(service.requests[0]?.headers).toMatchObject({ 'content-length': '0' });
    expect(service.requests[1]?.headers['content-length']).toBeUndefined();
    expect(service.requests[1]?.headers['transfer-encoding']).toBeUndefined();
  });

  test('leaves behind what belongs to the connection, and what the client names so', async () => {
    await open('  - { path: /x, service: users, request: { headers: { set: { X-Tenant: acme } } } }');
    await ask('/x', {
      headers: {
        connection: 'close, x-named, X-Tenant, X-Request-ID',
        'x-named': 'gone',
        'x-kept': 'here',
        'keep-alive': 'timeout=5',
        te: 'trailers',
        'proxy-authorization': 'Basic x',
        upgrade: 'h2c',
        'http2-settings': 'AAMAAABkAAQAAP',
      },
    });
    const seen = service.requests[0]?.headers ?? {};
    expect(seen).toMatchObject({ 'x-kept': 'here', 'x-tenant': 'acme', host: new URL(service.url).host });
    expect(seen['x-request-id']).toMatch(/^[0-9a-f]{32}$/);
    for (const name of ['x-named', 'keep-alive', 'te', 'proxy-authorization', 'upgrade', 'http2-settings']) {
      expect(seen[name], name).toBeUndefined();
    }
  });

  test('gets the headers that the route sets, and loses those that it removes', async () => {
    await open(
      '  - { path: /x, service: users, request: { headers: { set: { X-A: new, X-B: b }, remove: [X-C] } } }',
    );
    await ask('/x', { headers: { 'x-a': 'old', 'x-c': 'c', 'x-d': 'd' } });
    const seen = service.requests[0]?.headers ?? {};
    expect(seen).toMatchObject({ 'x-a': 'new', 'x-b': 'b', 'x-d': 'd' });
    expect(seen['x-c']).toBeUndefined();
  });

  test('keeps repeated headers apart and in order', async () => {
    await open('  - { path: /x, service: users }');
    await ask('/x', { headers: { 'X-Many': ['one', 'two'] } });
    const raw = service.requests[0]?.rawHeaders ?? [];
    expect(raw.filter((_, i) => raw[i - 1]?.toLowerCase() === 'x-many')).toEqual(['one', 'two']);
  });
});

describe('the answer', () => {
  test('comes with its status, headers and body, repeated headers apart', async () => {
    service.behave((_request, response) => {
      response.writeHead(418, [
        ['Set-Cookie', 'a=1'],
        ['Set-Cookie', 'b=2'],
        ['X-Custom', 'yes'],
        ['Connection', 'X-Inner'],
        ['X-Inner', 'hop'],
        ['X-Request-ID', 'not-ours'],
        ['X-Frame-Options', 'SAMEORIGIN'],
        ['Vary', 'Accept'],
      ]);
      response.end('teapot');
    });
    await open('  - { path: /x, service: users }');
    const response = await ask('/x', { headers: { 'x-request-id': 'mine-1' } });
    expect(response.statusCode).toBe(418);
    expect(await readText(response)).toBe('teapot');
    expect(response.headers).toMatchObject({
      'set-cookie': ['a=1', 'b=2'],
      'x-custom': 'yes',
      'x-request-id': 'mine-1',
      'x-frame-options': 'SAMEORIGIN',
      'x-content-type-options': 'nosniff',
      vary: 'Accept',
    });
    expect(response.headers['x-inner']).toBeUndefined();
  });

  test('may say several times what the gateway says once', async () => {
    service.behave((_request, response) => {
      response.writeHead(200, [
        ['X-Request-ID', 'theirs'],
        ['X-Request-ID', 'theirs too'],
        ['Link', '</a>; rel="a"'],
        ['Link', '</b>; rel="b"'],
        ['X-Frame-Options', 'DENY'],
        ['x-frame-options', 'SAMEORIGIN'],
        ['X-Twice', '1'],
        ['X-Twice', '2'],
      ]);
      response.end('x');
    });
    await open('  - { path: /x, service: users, deprecated: { link: "https://a.test/" } }');
    const { rawHeaders } = await ask('/x', { headers: { 'x-request-id': 'mine' } });
    const valuesOf = (name: string) => rawHeaders.filter((_, i) => rawHeaders[i - 1]?.toLowerCase() === name);
    expect(valuesOf('x-request-id')).toEqual(['mine']);
    expect(valuesOf('link')).toEqual([
      '<https://a.test/>; rel="deprecation"; type="text/html"',
      '</a>; rel="a"',
      '</b>; rel="b"',
    ]);
    expect(valuesOf('x-frame-options')).toEqual(['DENY', 'SAMEORIGIN']);
    expect(valuesOf('x-twice')).toEqual(['1', '2']);
  });

  test('that breaks off before its first byte is a bad gateway, of which no header of the service speaks', async () => {
    service.behave((_request, response) => {
      response.writeHead(200, {
        'content-length': 10,
        'x-request-id': 'theirs',
        'x-frame-options': 'SAMEORIGIN',
        'x-custom': 'yes',
      });
      response.flushHeaders();
      setImmediate(() => response.destroy());
    });
    await open('  - { path: /x, service: users, response: { headers: { set: { X-Set: s } } } }');
    const response = await ask('/x', { headers: { 'x-request-id': 'mine' } });
    expect(response.statusCode).toBe(502);
    expect(JSON.parse(await readText(response))).toMatchObject({ title: 'Bad gateway', requestId: 'mine' });
    expect(response.headers).toMatchObject({ 'x-request-id': 'mine', 'x-frame-options': 'DENY' });
    expect(response.headers['x-custom']).toBeUndefined();
    expect(response.headers['x-set']).toBeUndefined();
  });

  test("a service's own error passes untouched", async () => {
    service.behave(json({ message: 'no such user' }, 503, { 'x-why': 'maintenance' }));
    await open('  - { path: /x, service: users }');
    const response = await ask('/x');
    expect(response.statusCode).toBe(503);
    expect(response.headers['x-why']).toBe('maintenance');
    expect(await readText(response)).toBe('{"message":"no such user"}');
  });

  test('stays compressed', async () => {
    const packed = gzipSync('hello hello hello');
    service.behave((request, response) => {
      response.writeHead(200, {
        'content-encoding': 'gzip',
        'content-length': packed.length,
        'x-asked': `${request.headers['accept-encoding']}`,
      });
      response.end(packed);
    });
    await open('  - { path: /x, service: users }');
    const response = await ask('/x', { headers: { 'accept-encoding': 'gzip, br' } });
    expect(response.headers).toMatchObject({
      'content-encoding': 'gzip',
      'content-length': `${packed.length}`,
      'x-asked': 'gzip, br',
    });
    expect(await buffer(response)).toEqual(packed);
  });

  test.each<[string, number, Record<string, string>]>([
    ['HEAD', 200, { 'content-length': '1234' }],
    ['GET', 304, { 'content-length': '1234', etag: '"v1"' }],
    ['GET', 204, {}],
  ])('%s %i has no body', async (method, status, headers) => {
    service.behave((_request, response) => {
      response.writeHead(status, headers);
      response.end();
    });
    await open('  - { path: /x, methods: [GET], service: users }');
    const response = await ask('/x', { method });
    expect(response.statusCode).toBe(status);
    expect(response.headers['content-length']).toBe(headers['content-length']);
    expect(response.headers['transfer-encoding']).toBeUndefined();
    expect(await readText(response)).toBe('');
  });

  test('of unknown length is chunked; an early hint does not show', async () => {
    service.behave((_request, response) => {
      response.writeEarlyHints({ link: '</a.css>; rel=preload' });
      response.write('one ');
      response.end('two');
    });
    await open('  - { path: /x, service: users }');
    const response = await ask('/x');
    expect(response.headers['transfer-encoding']).toBe('chunked');
    expect(response.headers['content-length']).toBeUndefined();
    expect(await readText(response)).toBe('one two');
    // Also if all of it is there at once: how it looks does not hang on that.
    service.behave((_request, response) => {
      response.write('all');
      response.end();
    });
    const whole = await ask('/x');
    expect(whole.headers['transfer-encoding']).toBe('chunked');
    expect(whole.headers['content-length']).toBeUndefined();
    expect(await readText(whole)).toBe('all');
  });

  test('gets the headers that the route sets, and loses those that it removes', async () => {
    service.behave(text('ok', 404, { server: 'leaky/1.0', 'x-a': 'old' }));
    await open(
      '  - { path: /x, service: users, response: { headers: { set: { X-A: new }, remove: [Server] } } }',
    );
    const response = await ask('/x');
    expect(response.statusCode).toBe(404);
    expect(response.headers['x-a']).toBe('new');
    expect(response.headers.server).toBeUndefined();
  });
});

describe('body mappings', () => {
  const mapped = `  - path: "/users/{id}"
    service: users
    request: { body: "name: full_name id: $request.params.id lang: $request.query.lang agent: $request.headers.'x-agent'" }
    response: { body: "$ { got: name } status: $response.status asked: $request.body.full_name" }`;

  test('rebuild both bodies, with length and type to match', async () => {
    await open(mapped);
    const response = await ask('/users/a%20b?lang=de', {
      method: 'POST',
      headers: {
        'content-type': 'application/json; charset=utf-8',
        'x-agent': 'test',
        'accept-encoding': 'gzip',
      },
      body: '{"full_name":"Ada"}',
    });
    const [seen] = service.requests;
    expect(JSON.parse(`${seen?.body}`)).toEqual({ name: 'Ada', id: 'a b', lang: 'de', agent: 'test' });
    expect(seen?.headers).toMatchObject({
      'content-type': 'application/json',
      'content-length': `${seen?.body.length}`,
      'accept-encoding': 'identity',
    });
    const body = await readText(response);
    expect(JSON.parse(body)).toEqual({ got: 'Ada', status: 200, asked: 'Ada' });
    expect(response.headers).toMatchObject({
      'content-type': 'application/json',
      'content-length': `${body.length}`,
    });
  });

  test('give no body to a GET', async () => {
    await open(mapped);
    await ask('/users/5');
    expect(service.requests[0]?.headers['content-length']).toBeUndefined();
    expect(service.requests[0]?.body.length).toBe(0);
  });

  test("leave a service's own error alone", async () => {
    service.behave(json({ reason: 'taken' }, 409));
    await open(mapped);
    const response = await ask('/users/5', {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: '{}',
    });
    expect(response.statusCode).toBe(409);
    expect(await readText(response)).toBe('{"reason":"taken"}');
  });

  test('an answer that is no JSON is a bad gateway', async () => {
    service.behave(text('<html>'));
    await open('  - { path: /x, service: users, response: { body: "name" } }');
    const response = await ask('/x');
    expect(response.statusCode).toBe(502);
    expect(JSON.parse(await readText(response))).toMatchObject({ title: 'Bad gateway', status: 502 });
  });

  test('an answer over the limit is a bad gateway', async () => {
    service.behave(json({ name: 'x'.repeat(2000) }));
    await open('  - { path: /x, service: users, response: { body: "name" } }', 'server: { bodyLimit: 1kb }');
    expect((await ask('/x')).statusCode).toBe(502);
  });
});

describe('schema', () => {
  const schema = `  - path: /posts
    service: users
    schema:
      type: object
      required: [title]
      properties: { title: { type: string }, tags: { type: array, items: { type: string } } }
      additionalProperties: false`;
  const post = (body: string, type = 'application/json') =>
    ask('/posts', { method: 'POST', headers: { 'content-type': type }, body });

  test('a body that fits goes on as it was received', async () => {
    await open(schema);
    const body = '{ "title" : "Hello",  "tags":["a"]}';
    expect(await readText(await post(body))).toBe(body);
    expect(service.requests[0]?.headers['content-length']).toBe(`${body.length}`);
  });

  test('a body that does not is refused, each failing pointer named', async () => {
    await open(schema);
    const response = await post('{"tags":["a",5],"a/b":1}');
    expect(response.statusCode).toBe(400);
    expect(JSON.parse(await readText(response)).errors).toEqual([
      { pointer: '/title', detail: "must have required property 'title'" },
      { pointer: '/a~1b', detail: 'must NOT have additional properties' },
      { pointer: '/tags/1', detail: 'must be string' },
    ]);
    expect(service.requests).toHaveLength(0);
  });

  test.each([
    ['{"title":', 400, 'The request body is not valid JSON'],
    ['', 400, 'The request body is not valid JSON'],
  ])('%j is refused', async (body, status, detail) => {
    await open(schema);
    const response = await post(body);
    expect(response.statusCode).toBe(status);
    expect(JSON.parse(await readText(response)).detail).toContain(detail);
  });

  test('what is not JSON is refused by its type', async () => {
    await open(schema);
    expect((await post('title=x', 'application/x-www-form-urlencoded')).statusCode).toBe(415);
    expect((await post('{"title":"x"}', 'application/vnd.api+json')).statusCode).toBe(200);
  });

  test('a request that has no body to check passes', async () => {
    await open(schema);
    expect((await ask('/posts')).statusCode).toBe(200);
  });
});

describe('limits', () => {
  test('a body that announces too much, and one that brings too much, get 413', async () => {
    await open('  - { path: /x, service: users }', 'server: { bodyLimit: 1kb }');
    const body = 'x'.repeat(1025);
    const announced = await ask('/x', { method: 'POST', headers: { 'content-length': '1025' }, body });
    expect(announced.statusCode).toBe(413);
    const chunked = await ask('/x', { method: 'POST', headers: { 'transfer-encoding': 'chunked' }, body });
    expect(chunked.statusCode).toBe(413);
    expect(JSON.parse(await readText(chunked))).toMatchObject({ title: 'Payload too large' });
  });

  test('the timeout of a route goes before that of the service', async () => {
    service.behave(() => {});
    await open('  - { path: /x, service: users, timeout: 20ms }');
    const response = await ask('/x');
    expect(response.statusCode).toBe(504);
    expect(JSON.parse(await readText(response))).toMatchObject({ title: 'Gateway timeout' });
  });
});

describe('deprecated', () => {
  test('every answer says since when, until when and where to read on', async () => {
    await open(`  - path: /x
    service: users
    deprecated: { since: 2025-06-01, sunset: 2026-12-31, link: "https://docs.example.test/v1" }`);
    service.behave(text('ok', 200, { link: '</next>; rel="next"' }));
    const { headers } = await ask('/x');
    expect(headers).toMatchObject({
      deprecation: '@1748736000',
      sunset: 'Thu, 31 Dec 2026 00:00:00 GMT',
    });
    expect(headers.link).toContain('<https://docs.example.test/v1>; rel="deprecation"');
    expect(headers.link).toContain('rel="sunset"');
    expect(headers.link).toContain('</next>; rel="next"');
    await service.die();
    const failed = await ask('/x');
    expect(failed.statusCode).toBe(502);
    expect(failed.headers.deprecation).toBe('@1748736000');
  });
});
