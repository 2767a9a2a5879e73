import type { Socket } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { FakeClock } from '../support/fake-clock.ts';
import {
  type GuardedServer,
  type GuardedServerOptions,
  startGuardedServer,
} from '../support/guarded-server.ts';
import { openRaw, parseAnswer, readToEnd, readUntil } from '../support/raw-http.ts';

let server: GuardedServer;
afterEach(() => server.close());

async function start(options: GuardedServerOptions = {}): Promise<GuardedServer> {
  server = await startGuardedServer({ ...options, server: { requestTimeout: '300ms', ...options.server } });
  return server;
}

/** Sends one of these bytes after the other, long before anybody would call the connection idle, until it is closed. */
function trickle(socket: Socket, bytes: string): void {
  let at = 0;
  const timer = setInterval(() => socket.write(bytes[at++ % bytes.length] as string), 20);
  socket.once('close', () => clearInterval(timer));
}

describe('connections that do nothing', () => {
  it('are let go of, however many there are', async () => {
    await start({ keepAlive: 100 });
    const sockets = await Promise.all(Array.from({ length: 200 }, () => openRaw(server.port)));
    for (const socket of sockets.slice(100)) socket.write('GET /once HTTP/1.1\r\nHost: a.test\r\n\r\n');
    const texts = await Promise.all(sockets.map(readToEnd));
    expect(texts.slice(0, 100).every((text) => parseAnswer(text).status === 408)).toBe(true);
    expect(texts.slice(100).every((text) => parseAnswer(text).body.startsWith('/once'))).toBe(true);
  });
});

describe('who is slow to send', () => {
  it('nothing at all is left', async () => {
    await start();
    const text = await readToEnd(await openRaw(server.port));
    expect(parseAnswer(text).status).toBe(408);
  });

  it.each([
    ['a request line', 'GET /', 'a'],
    ['a header', 'GET / HTTP/1.1\r\nHost: a.test\r\nX: ', 'a'],
    ['headers without end', 'GET / HTTP/1.1\r\nHost: a.test\r\n', 'a:b\r\n'],
    ['empty lines', '', '\r\n'],
  ])('%s gets a 408', async (_name, first, rest) => {
    await start();
    const socket = await openRaw(server.port);
    socket.write(first);
    trickle(socket, rest);
    expect(parseAnswer(await readToEnd(socket))).toMatchObject({
      status: 408,
      headers: { connection: 'close' },
    });
    expect(server.seen).toEqual([]);
  });

  const reading: NonNullable<GuardedServerOptions['entry']>['door'] = async ({ request, response }) => {
    for await (const _chunk of request);
    response.end('all of it');
  };

  const CHUNKED = 'Transfer-Encoding: chunked\r\n\r\n';
  it.each([
    ['a body', 'Content-Length: 100000\r\n\r\n', 'x'],
    ['chunks', CHUNKED, '1\r\nx\r\n'],
    ['the size of a chunk', CHUNKED, '0'],
    ['trailers', `${CHUNKED}0\r\n`, 'a:b\r\n'],
  ])('%s gets a 408', async (_name, begin, rest) => {
    await start({ entry: { door: reading } });
    const socket = await openRaw(server.port);
    socket.write(`POST / HTTP/1.1\r\nHost: a.test\r\n${begin}`);
    trickle(socket, rest);
    expect(parseAnswer(await readToEnd(socket))).toMatchObject({
      status: 408,
      headers: { connection: 'close' },
    });
    expect(server.seen).toHaveLength(1);
  });

  it('a body that nobody wants is not waited for after the answer', async () => {
    await start();
    const socket = await openRaw(server.port);
    socket.write('POST /answered HTTP/1.1\r\nHost: a.test\r\nContent-Length: 100000\r\n\r\n');
    await readUntil(socket, '/answered');
    trickle(socket, 'x');
    await readToEnd(socket);
  });

  it('a body that nobody wants is forgotten with its connection', async () => {
    const clock = new FakeClock();
    await start({ clock });
    const socket = await openRaw(server.port);
    socket.write('POST /answered HTTP/1.1\r\nHost: a.test\r\nContent-Length: 100000\r\n\r\n');
    await readUntil(socket, '/answered');
    await server.idle();
    expect(clock.pending).toBe(1);
    socket.destroy();
    while (clock.pending > 0) await new Promise((resolve) => setTimeout(resolve, 5));
  });

  it('the second request on a connection is no better off', async () => {
    await start();
    const socket = await openRaw(server.port);
    socket.write('GET /first HTTP/1.1\r\nHost: a.test\r\n\r\n');
    await readUntil(socket, '/first');
    socket.write('GET /second HTTP/1.1\r\nX: ');
    trickle(socket, 'y');
    expect(parseAnswer(await readToEnd(socket)).status).toBe(408);
  });
});
