import { afterEach, describe, expect, it } from 'vitest';
import { answer } from '../../src/guard/answer.ts';
import type { Door } from '../../src/guard/inbound.ts';
import { hasInnerResponse } from '../../src/guard/inner-response.ts';
import {
  type GuardedServer,
  type GuardedServerOptions,
  startGuardedServer,
} from '../support/guarded-server.ts';
import { askRaw, openRaw, parseAnswer, readToEnd, sendRaw } from '../support/raw-http.ts';

let server: GuardedServer;
afterEach(() => server.close());

async function start(door: Door, options: GuardedServerOptions = {}): Promise<void> {
  server = await startGuardedServer({ ...options, entry: { door } });
}

function get(headers: readonly string[] = [], method = 'GET'): string {
  return [`${method} / HTTP/1.1`, 'Host: a.test', 'Connection: close', ...headers, '', ''].join('\r\n');
}

const TYPE = ['Content-Type', 'text/plain', 'Vary', 'Accept'];

/** Names of the head's lines, in order, in the spelling that went out. */
function names(text: string): string[] {
  const head = text.split('\r\n\r\n', 1)[0] ?? '';
  return head
    .split('\r\n')
    .slice(1)
    .map((line) => line.split(':', 1)[0] ?? '');
}

describe('an answer that is all there', () => {
  it.each<[name: string, body: string | Buffer]>([
    ['a short text', 'short'],
    ['letters of several bytes', 'é€😀'],
    ['a long text', 'é'.repeat(50_000)],
    ['bytes', Buffer.from([0, 255, 128, 10])],
    ['many bytes', Buffer.alloc(300_000, 'x')],
    ['nothing', ''],
  ])('goes out with its length: %s', async (_name, body) => {
    await start(async ({ response }) => answer(response, 201, TYPE, body));
    const socket = await openRaw(server.port);
    socket.write(get());
    const text = await readToEnd(socket);
    const bytes = Buffer.from(body).toString('latin1');
    expect(text.startsWith('HTTP/1.1 201 Created\r\n')).toBe(true);
    expect(parseAnswer(text).headers['content-length']).toBe(String(bytes.length));
    expect(text.slice(text.indexOf('\r\n\r\n') + 4) === bytes).toBe(true);
    await server.log.ended(1);
    expect(server.log.requests()).toMatchObject([{ status: 201 }]);
    expect(server.log.requests()[0]?.aborted).toBeUndefined();
  });

  it('has the same head as one that is put together step by step', async () => {
    await start(async ({ response, path }) => {
      if (path === '/at-once') return answer(response, 200, TYPE, 'body');
      response.setHeader('Content-Type', 'text/plain').setHeader('Vary', 'Accept');
      response.setHeader('Content-Length', 4).end('body');
    });
    const ask = (path: string) => sendRaw(server.port, get().replace('GET /', `GET ${path}`));
    const [atOnce, byStep] = [await ask('/at-once'), await ask('/step-by-step')];
    expect(names(atOnce)).toEqual(names(byStep));
    expect(names(atOnce)).toEqual(expect.arrayContaining(['X-Request-ID', 'traceparent', 'X-Frame-Options']));
    expect(parseAnswer(atOnce).headers).toMatchObject({
      'x-request-id': server.seen[0]?.scope.requestId,
      traceparent: expect.stringContaining(server.seen[0]?.scope.trace.spanId ?? '?'),
    });
  });

  it.each([
    ['HEAD', 200, '4'],
    ['GET', 204, undefined],
    ['GET', 304, undefined],
  ])('has no body where none may be: %s, %i', async (method, status, length) => {
    await start(async ({ response }) => answer(response, status, [], 'body'));
    const text = await sendRaw(server.port, get([], method));
    expect(text.endsWith('\r\n\r\n')).toBe(true);
    expect(parseAnswer(text)).toMatchObject({ status });
    expect(parseAnswer(text).headers['content-length']).toBe(length);
  });

  it('has no body for HEAD either where the door ends it by itself', async () => {
    await start(async ({ response }) => void response.end('body'));
    const text = await sendRaw(server.port, get([], 'HEAD'));
    expect(text.endsWith('\r\n\r\n')).toBe(true);
    await server.log.ended(1);
    expect(server.aborted).toEqual([]);
  });

  it('may be chunked by a door that ends it by itself', async () => {
    await start(async ({ response }) => void response.setHeader('Transfer-Encoding', 'chunked').end('body'));
    expect(await askRaw(server.port, get())).toMatchObject({ body: '4\r\nbody\r\n0\r\n\r\n' });
  });

  it("has each header once, the door's own before the gateway's", async () => {
    await start(async ({ response }) => {
      response.setHeader('Vary', 'Origin');
      response.setHeader('X-Route', 'yes');
      answer(response, 200, [...TYPE, 'x-frame-options', 'SAMEORIGIN'], 'body');
    });
    const text = await sendRaw(server.port, get());
    const lower = names(text).map((name) => name.toLowerCase());
    expect([...new Set(lower)]).toEqual(lower);
    expect(parseAnswer(text).headers).toMatchObject({
      vary: 'Accept',
      'x-route': 'yes',
      'x-frame-options': 'SAMEORIGIN',
      'x-content-type-options': 'nosniff',
    });
  });

  it("passes on the client's trace state", async () => {
    await start(async ({ response }) => answer(response, 200, TYPE, 'body'));
    const trace = ['traceparent: 00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01', 'tracestate: a=1'];
    const { headers } = await askRaw(server.port, get([...trace, 'baggage: b=2']));
    expect(headers).toMatchObject({ tracestate: 'a=1', baggage: 'b=2', 'x-frame-options': 'DENY' });
  });

  it('says when the connection ends', async () => {
    await start(async ({ response }) => answer(response, 200, TYPE, 'body'));
    server.phase = 'draining';
    const { headers } = await askRaw(server.port, get().replace('Connection: close\r\n', ''));
    expect(headers).toMatchObject({ connection: 'close', 'x-frame-options': 'DENY' });
  });

  it('asks for https on https', async () => {
    await start(async ({ response }) => answer(response, 200, TYPE, 'body'), {
      server: { trustedProxies: ['loopback'] },
    });
    const { headers } = await askRaw(server.port, get(['X-Forwarded-Proto: https']));
    expect(headers).toMatchObject({
      'strict-transport-security': expect.any(String),
      'x-frame-options': 'DENY',
    });
  });

  it('can be replaced by an error if a header of it can not be sent', async () => {
    await start(async ({ response }) => answer(response, 200, ['X-Bad', 'a\nb'], 'body'));
    const text = await sendRaw(server.port, get());
    expect(parseAnswer(text)).toMatchObject({ status: 500, headers: { 'x-frame-options': 'DENY' } });
    expect(names(text).filter((name) => name.toLowerCase() === 'x-request-id')).toHaveLength(1);
  });

  it('does not come after another one, nor to a client that has gone', async () => {
    await start(async ({ response }) => {
      answer(response, 200, TYPE, 'first');
      answer(response, 200, TYPE, 'second');
    });
    expect(await askRaw(server.port, get())).toMatchObject({ body: 'first' });
  });

  it('waits for its turn behind the answer to an earlier request', async () => {
    let release = () => {};
    const held = new Promise<void>((resolve) => (release = resolve));
    await start(async ({ response, path }) => {
      if (path === '/1') await held;
      answer(response, 200, TYPE, path);
    });
    const socket = await openRaw(server.port);
    socket.write('GET /1 HTTP/1.1\r\nHost: a.test\r\n\r\n');
    socket.write(get().replace('GET /', 'GET /2'));
    await server.reached(2);
    release();
    expect((await readToEnd(socket)).match(/\/[12](?=HTTP|$)/g)).toEqual(['/1', '/2']);
    await server.log.ended(2);
    expect(server.aborted).toEqual([]);
  });

  it('is left after a while if its client does not read', async () => {
    const body = Buffer.alloc(64 * 1024 ** 2);
    await start(async ({ response }) => answer(response, 200, TYPE, body), {
      server: { requestTimeout: '200ms' },
    });
    const socket = await openRaw(server.port);
    socket.pause();
    socket.write(get());
    await server.log.ended(1);
    expect(server.log.requests()).toMatchObject([{ status: 200, aborted: true }]);
    socket.destroy();
  });
});

describe('headers of an answer under way', () => {
  it("are the gateway's from the start, for a door that looks", async () => {
    const seen: unknown[] = [];
    await start(async ({ response }) => {
      seen.push(response.getHeaderNames().includes('x-request-id'), response.hasHeader('X-Frame-Options'));
      seen.push(response.getHeader('x-content-type-options'), response.getHeaders()['referrer-policy']);
      response.removeHeader('X-Frame-Options');
      response.appendHeader('X-Twice', '1').appendHeader('X-Twice', '2').end();
    });
    const { headers } = await askRaw(server.port, get());
    expect(seen).toEqual([true, true, 'nosniff', 'strict-origin-when-cross-origin']);
    expect(headers['x-frame-options']).toBeUndefined();
    expect(headers['x-content-type-options']).toBe('nosniff');
  });

  it('go out with a head that is flushed before there is a body', async () => {
    await start(async ({ response }) => {
      response.flushHeaders();
      response.end('later');
    });
    expect(await askRaw(server.port, get())).toMatchObject({ headers: { 'x-frame-options': 'DENY' } });
  });
});

it('knows the inner ways of the Node that it runs on', () => {
  expect(hasInnerResponse).toBe(true);
});
