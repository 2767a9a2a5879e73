import { once } from 'node:events';
import { createSecureServer } from 'node:http2';
import { createServer as createTlsServer } from 'node:https';
import { type AddressInfo, createServer as createTcpServer, type Socket } from 'node:net';
import { PassThrough, Readable } from 'node:stream';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { gzipSync } from 'node:zlib';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { getHeader, getHeaderValues } from '../../src/kernel/headers.ts';
import type { Upstream } from '../../src/upstream/upstream.ts';
import { CERTIFICATE, PRIVATE_KEY } from '../support/certificate.ts';
import { FakeClock } from '../support/fake-clock.ts';
import {
  cutBody,
  echo,
  type HttpService,
  hang,
  held,
  json,
  nonsense,
  reset,
  stall,
  startHttpService,
  text,
} from '../support/http-service.ts';
import { failureOf, fetchJson, testRequest, testScope, upstreamTo } from './harness.ts';

/** No policy but the timeout and the breaker's count. */
const BARE = { retry: { attempts: 0 }, dedupe: false };

let service: HttpService;
let upstream: Upstream;
const upstreams: Upstream[] = [];

function to(...args: Parameters<typeof upstreamTo>): Upstream {
  const made = upstreamTo(...args);
  upstreams.push(made);
  return made;
}

beforeEach(async () => {
  service = await startHttpService();
  upstream = to([service.url], BARE);
});

afterEach(async () => {
  await Promise.all(upstreams.splice(0).map((made) => made.dispose()));
  await service.close();
});

describe('an answer', () => {
  it('has status, headers as on the wire but for those of the connection, and body', async () => {
    service.behave((_request, response) => {
      response.writeHead(404, [
        ['Content-Type', 'application/problem+json'],
        ['Set-Cookie', 'a=1'],
        ['Set-Cookie', 'b=2'],
        ['X-MiXed', 'caf\u00e9'],
        ['Keep-Alive', 'timeout=60'],
        ['Connection', 'keep-alive, X-Hop'],
        ['X-Hop', 'gone'],
      ]);
      response.end('{"title":"none"}');
    });
    const { answer, value } = await fetchJson(upstream);
    expect(answer.status).toBe(404);
    expect(value).toEqual({ title: 'none' });
    expect(answer.source).toBe('upstream');
    expect(getHeaderValues(answer.headers, 'set-cookie')).toEqual(['a=1', 'b=2']);
    expect(answer.headers).toContain('X-MiXed');
    expect(getHeader(answer.headers, 'x-mixed')).toBe('café');
    for (const name of ['connection', 'keep-alive', 'transfer-encoding', 'x-hop'])
      expect(getHeader(answer.headers, name)).toBeUndefined();
  });

  it('to HEAD, and with 204 or 304, is without a body, whatever length it states', async () => {
    for (const [method, status] of [
      ['HEAD', 200],
      ['GET', 204],
      ['GET', 304],
    ] as const) {
      service.behave((_request, response) => {
        response.writeHead(status, status === 204 ? {} : { 'content-length': '2000000' });
        response.end();
      });
      const answer = await upstream.call(testRequest({ method }), testScope());
      expect(answer.status).toBe(status);
      expect(await answer.body.bytes(10)).toHaveLength(0);
    }
  });

  it('may come after early hints', async () => {
    service.behave((_request, response) => {
      response.writeEarlyHints({ link: '</style.css>; rel=preload' });
      response.end('{"late":true}');
    });
    expect((await fetchJson(upstream)).value).toEqual({ late: true });
  });

  it('passes compressed through a route, and is read by a field', async () => {
    const packed = gzipSync('{"packed":1}');
    service.behave((_request, response) => {
      response.writeHead(200, { 'content-encoding': 'gzip', 'content-type': 'application/json' });
      response.end(packed);
    });
    const routed = await upstream.call(testRequest(), testScope());
    expect(getHeader(routed.headers, 'content-encoding')).toBe('gzip');
    expect(await routed.body.bytes(1000)).toEqual(packed);
    const field = await upstream.call(testRequest({ door: 'graphql' }), testScope());
    expect(getHeader(field.headers, 'content-encoding')).toBeUndefined();
    expect((await field.body.bytes(1000)).toString()).toBe('{"packed":1}');
    expect((await fetchJson(upstream)).value).toEqual({ packed: 1 });
  });
});

describe('a request', () => {
  it('goes below the base path, with its host, method, query and body', async () => {
    upstream = to([`${service.url}/base/v2/`], BARE);
    service.behave(echo);
    const request = { method: 'PATCH', path: '/a%2Fb?q=%20', body: '{"x":"ü"}' };
    expect((await fetchJson(upstream, { ...request, headers: ['host', 'elsewhere.test'] })).value).toEqual({
      x: 'ü',
    });
    const [seen] = service.requests;
    expect([seen?.method, seen?.url]).toEqual(['PATCH', '/base/v2/a%2Fb?q=%20']);
    expect(seen?.headers.host).toBe(`127.0.0.1:${service.port}`);
    expect(seen?.headers['content-length']).toBe('10');
  });

  it('uses one connection after the other has been given back', async () => {
    for (let i = 0; i < 5; i++) {
      await fetchJson(upstream);
      await nextTurn();
    }
    expect(service.connections).toBe(1);
  });

  it('streams its body, with the length that is known or in chunks', async () => {
    service.behave(echo);
    const parts = () => Readable.from([Buffer.from('{"a"'), Buffer.from(':1}')], { objectMode: false });
    const known = { method: 'POST', body: parts(), headers: ['Content-Length', '7'] };
    expect((await fetchJson(upstream, known)).value).toEqual({ a: 1 });
    expect(service.requests[0]?.headers['content-length']).toBe('7');
    expect((await fetchJson(upstream, { method: 'POST', body: parts() })).value).toEqual({ a: 1 });
    expect(service.requests[1]?.headers['transfer-encoding']).toBe('chunked');
  });

  it('does not wait for 100 Continue', async () => {
    service.behave(echo);
    const request = { method: 'POST', body: '[1]', headers: ['Expect', '100-continue'] };
    expect((await fetchJson(upstream, request)).value).toEqual([1]);
    expect(service.requests[0]?.headers.expect).toBeUndefined();
  });

  it('takes no more of its body than the service does', async () => {
    let taken = 0;
    const chunk = Buffer.alloc(64 * 1024);
    const body = new Readable({
      read() {
        taken += chunk.length;
        this.push(taken > 512 * 1024 * 1024 ? null : chunk);
      },
    });
    service.behave((request) => {
      request.removeAllListeners('data');
      request.pause();
    });
    const scope = testScope();
    const call = failureOf(upstream.call(testRequest({ method: 'POST', body }), scope));
    await service.received(1);
    let before = -1;
    while (before !== taken) {
      before = taken;
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
    expect(taken).toBeLessThan(32 * 1024 * 1024);
    scope.leave();
    expect((await call).code).toBe('CLIENT_CLOSED');
  });

  it('with a header or path that HTTP forbids is refused, and is not the fault of the service', async () => {
    const error = await failureOf(
      upstream.call(testRequest({ headers: ['X-A', 'a\r\nX-B: b'] }), testScope()),
    );
    expect(error.code).toBe('BAD_REQUEST');
    const other = await failureOf(upstream.call(testRequest({ path: '/a b' }), testScope()));
    expect(other.code).toBe('BAD_REQUEST');
    expect(service.requests).toHaveLength(0);
  });

  it('whose sender breaks off breaks off, and is not the fault of the service', async () => {
    service.behave(hang);
    const body = new PassThrough();
    body.write('half');
    const call = failureOf(upstream.call(testRequest({ method: 'POST', body }), testScope()));
    await service.received(1);
    body.destroy(new Error('ECONNRESET'));
    expect((await call).code).toBe('CLIENT_CLOSED');
    await service.aborted(1);
  });
});

describe('a service that', () => {
  it('is not there cannot be reached, and can when it is back', async () => {
    await fetchJson(upstream);
    await service.die();
    for (let i = 0; i < 3; i++) {
      const error = await failureOf(fetchJson(upstream));
      expect([error.code, error.status, error.service]).toEqual(['UPSTREAM_UNREACHABLE', 502, 'users']);
      expect(error.message).not.toMatch(/127|ECONN/);
    }
    await service.comeBack();
    expect((await fetchJson(upstream)).value).toEqual({ ok: true });
  });

  it.each([
    ['speaks nonsense', nonsense],
    ['hangs up', reset],
  ])('%s cannot be reached', async (_what, behaviour) => {
    service.behave(behaviour);
    expect((await failureOf(fetchJson(upstream))).code).toBe('UPSTREAM_UNREACHABLE');
    service.behave(json([1]));
    expect((await fetchJson(upstream)).value).toEqual([1]);
  });

  it('cuts its body breaks the reader, each kind of it', async () => {
    service.behave(cutBody);
    expect((await failureOf(fetchJson(upstream))).code).toBe('UPSTREAM_INVALID');
    const piped = await upstream.call(testRequest(), testScope());
    const sink = new PassThrough().resume();
    expect((await failureOf(piped.body.pipe(sink))).code).toBe('UPSTREAM_INVALID');
    expect([sink.destroyed, sink.writableEnded]).toEqual([true, false]);
    const streamed = (await upstream.call(testRequest(), testScope())).body.stream();
    streamed.resume();
    const [error] = await once(streamed, 'error');
    expect(error).toMatchObject({ code: 'UPSTREAM_INVALID' });
  });

  it('cuts a chunked body breaks it as well', async () => {
    service.behave((_request, response) => {
      response.write('{"half":', () => response.destroy());
    });
    expect((await failureOf(fetchJson(upstream))).code).toBe('UPSTREAM_INVALID');
  });

  it('sends another type of body than promised is told from one that fails', async () => {
    service.behave(text('<html>', 200, { 'content-type': 'text/html' }));
    expect((await failureOf(fetchJson(upstream))).code).toBe('UPSTREAM_INVALID');
  });

  it('takes no connection is given up after the time for that', async () => {
    const clock = new FakeClock();
    const sockets: Socket[] = [];
    const silent = createTcpServer((socket) => void sockets.push(socket.on('error', () => {})));
    silent.listen(0, '127.0.0.1');
    await once(silent, 'listening');
    // Nobody there speaks TLS, so that the connection never comes about.
    const url = `https://127.0.0.1:${(silent.address() as AddressInfo).port}`;
    upstream = to([url], { ...BARE, connectTimeout: '300ms' }, { clock });
    const call = failureOf(upstream.call(testRequest(), testScope()));
    await once(silent, 'connection');
    await clock.pass(300);
    expect(await call).toMatchObject({ code: 'UPSTREAM_UNREACHABLE' });
    for (const socket of sockets) socket.destroy();
    silent.close();
  });

  it('hangs is given up after the timeout, and sees it', async () => {
    const clock = new FakeClock();
    upstream = to([service.url], { ...BARE, timeout: '3s' }, { clock });
    service.behave(hang);
    const call = failureOf(fetchJson(upstream));
    await service.received(1);
    await clock.pass(2999);
    expect(upstream.status().inFlight).toBe(1);
    await clock.pass(1);
    expect((await call).code).toBe('UPSTREAM_TIMEOUT');
    await service.aborted(1);
    expect(clock.pending).toBe(0);
  });

  it('hangs is given up at the deadline if that is nearer', async () => {
    const clock = new FakeClock();
    upstream = to([service.url], BARE, { clock });
    service.behave(hang);
    const call = failureOf(fetchJson(upstream, {}, testScope({ deadline: 500 })));
    await service.received(1);
    await clock.pass(500);
    expect((await call).code).toBe('DEADLINE_EXCEEDED');
    await service.aborted(1);
  });

  it('falls silent in its body is given up after the idle time', async () => {
    const clock = new FakeClock();
    upstream = to([service.url], { ...BARE, idleTimeout: '10s' }, { clock });
    service.behave(stall);
    const answer = await upstream.call(testRequest(), testScope());
    const read = failureOf(answer.body.json(1000));
    await clock.pass(9999);
    expect(upstream.status().inFlight).toBe(1);
    await clock.pass(1);
    expect((await read).code).toBe('UPSTREAM_TIMEOUT');
    await service.aborted(1);
    expect(clock.pending).toBe(0);
  });

  it('is only waited for while it is its turn: a reader that pauses has all the time', async () => {
    const clock = new FakeClock();
    upstream = to([service.url], { ...BARE, idleTimeout: '1s' }, { clock });
    service.behave((_request, response) => {
      response.end(Buffer.alloc(8 * 1024 * 1024, 'x'));
    });
    const answer = await upstream.call(testRequest(), testScope());
    const sink = new PassThrough({ highWaterMark: 1024 });
    const piped = answer.body.pipe(sink);
    for (let i = 0; i < 5; i++) await clock.pass(900);
    expect(sink.destroyed).toBe(false);
    let size = 0;
    for await (const chunk of sink) size += (chunk as Buffer).length;
    await piped;
    expect(size).toBe(8 * 1024 * 1024);
  });

  it('waits for a slow upload is not too slow itself', async () => {
    const clock = new FakeClock();
    upstream = to([service.url], { ...BARE, timeout: '1s' }, { clock });
    service.behave((request, response, seen) => {
      request.on('end', () => void json({ all: true })(request, response, seen));
    });
    const body = new PassThrough();
    const call = fetchJson(upstream, { method: 'POST', body });
    body.write('{"a"');
    await service.received(1);
    for (let i = 0; i < 5; i++) await clock.pass(900);
    body.end(':1}');
    expect((await call).value).toEqual({ all: true });
  });

  it('is not to blame when the deadline finds the client still sending, and its circuit stays closed', async () => {
    const clock = new FakeClock();
    upstream = to([service.url], { ...BARE, breaker: { minimum: 1 } }, { clock });
    const body = new PassThrough();
    const call = failureOf(
      upstream.call(testRequest({ method: 'POST', body }), testScope({ deadline: clock.now() + 5000 })),
    );
    body.write('{"a"');
    await service.received(1);
    await clock.pass(5000);
    expect((await call).code).toBe('REQUEST_TIMEOUT');
    expect(upstream.status().breaker).toBe('closed');
  });

  it('stops taking an upload is given up', async () => {
    const clock = new FakeClock();
    upstream = to([service.url], { ...BARE, timeout: '1s' }, { clock });
    service.behave((request) => {
      request.removeAllListeners('data');
      request.pause();
    });
    const body = new Readable({
      read() {
        this.push(Buffer.alloc(64 * 1024));
      },
    });
    const call = failureOf(upstream.call(testRequest({ method: 'POST', body }), testScope()));
    await service.received(1);
    while (!body.isPaused()) await nextTurn();
    // The first time is forgiven for what has moved; then nothing does.
    for (let i = 0; i < 50 && upstream.status().inFlight > 0; i++) await clock.pass(1000);
    expect((await call).code).toBe('UPSTREAM_TIMEOUT');
  });
});

describe('a caller that leaves', () => {
  it('before the answer aborts the request', async () => {
    service.behave(hang);
    const scope = testScope();
    const call = failureOf(fetchJson(upstream, {}, scope));
    await service.received(1);
    scope.leave();
    expect((await call).code).toBe('CLIENT_CLOSED');
    await service.aborted(1);
    expect(upstream.status().inFlight).toBe(0);
  });

  it('in the middle of the answer aborts the rest', async () => {
    service.behave(stall);
    const scope = testScope();
    const answer = await upstream.call(testRequest(), scope);
    const read = failureOf(answer.body.bytes(1000));
    scope.leave();
    expect((await read).code).toBe('CLIENT_CLOSED');
    await service.aborted(1);
    expect(upstream.status().inFlight).toBe(0);
  });

  it('before a connection is free sends nothing, and leaves its body alone', async () => {
    const gate = held(json({}));
    service.behave(gate.behaviour);
    upstream = to([service.url], { ...BARE, connections: 1 });
    const first = fetchJson(upstream);
    await service.received(1);
    const scope = testScope();
    const body = new PassThrough();
    const second = failureOf(fetchJson(upstream, { method: 'POST', body }, scope));
    scope.leave();
    expect((await second).code).toBe('CLIENT_CLOSED');
    gate.release();
    await first;
    service.behave(json({}));
    await fetchJson(upstream);
    expect(service.requests.map((request) => request.method)).toEqual(['GET', 'GET']);
    expect(body.destroyed).toBe(false);
    expect(service.connections).toBe(1);
  });

  it('has its answer ended by discard as well', async () => {
    service.behave(stall);
    const answer = await upstream.call(testRequest(), testScope());
    answer.body.discard();
    await service.aborted(1);
    expect(upstream.status().inFlight).toBe(0);
  });

  it('after the answer has ended changes nothing', async () => {
    const scope = testScope();
    await fetchJson(upstream, {}, scope);
    scope.leave();
    await nextTurn();
    await fetchJson(upstream);
    expect(service.connections).toBe(1);
  });
});

it('speaks HTTP/2 to a target where the service asks for it', async () => {
  const server = createSecureServer({ cert: CERTIFICATE, key: PRIVATE_KEY }, (request, response) => {
    if (request.url === '/hang') request.on('aborted', () => server.emit('left'));
    else request.pipe(response);
    response.setHeader('x-version', request.httpVersion);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const url = `https://127.0.0.1:${(server.address() as AddressInfo).port}`;
  upstream = to([url], { ...BARE, http2: true, tls: { ca: CERTIFICATE } });
  const { answer, value } = await fetchJson(upstream, { method: 'POST', body: '{"a":1}' });
  expect(value).toEqual({ a: 1 });
  expect(getHeader(answer.headers, 'x-version')).toBe('2.0');
  const scope = testScope();
  const arrived = once(server, 'request');
  const call = failureOf(upstream.call(testRequest({ path: '/hang' }), scope));
  await arrived;
  const left = once(server, 'left');
  scope.leave();
  expect((await call).code).toBe('CLIENT_CLOSED');
  await left;
  await Promise.all(upstreams.splice(0).map((made) => made.dispose()));
  server.close();
});

describe('https', () => {
  it('trusts the configured authority, or nobody, or anybody', async () => {
    const server = createTlsServer({ cert: CERTIFICATE, key: PRIVATE_KEY }, (_request, response) => {
      response.end('{"secure":true}');
    });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const url = `https://127.0.0.1:${(server.address() as AddressInfo).port}`;
    expect((await fetchJson(to([url], { tls: { ca: CERTIFICATE } }))).value).toEqual({ secure: true });
    expect((await fetchJson(to([url], { tls: { verify: false } }))).value).toEqual({ secure: true });
    expect((await failureOf(fetchJson(to([url], BARE)))).code).toBe('UPSTREAM_UNREACHABLE');
    await Promise.all(upstreams.splice(0).map((made) => made.dispose()));
    server.close();
  });

  it('names the option whose file is missing', () => {
    expect(() => to(['https://127.0.0.1:1'], { tls: { ca: '/none/ca.pem' } })).toThrow(
      'services.users.tls.ca',
    );
  });
});
