import { afterEach, describe, expect, it } from 'vitest';
import {
  type GuardedServer,
  type GuardedServerOptions,
  startGuardedServer,
} from '../support/guarded-server.ts';
import { askRaw, openRaw, parseAnswer, readToEnd, readUntil, sendRaw } from '../support/raw-http.ts';

let server: GuardedServer;
afterEach(() => server.close());

async function start(options: GuardedServerOptions = {}): Promise<GuardedServer> {
  server = await startGuardedServer(options);
  return server;
}

/** A request of these lines. */
function keeping(line: string, headers: readonly string[] = ['Host: a.test'], body = ''): string {
  return `${[line, ...headers].join('\r\n')}\r\n\r\n${body}`;
}

/** The same, on a connection that ends after it. */
function request(line: string, headers: readonly string[] = ['Host: a.test'], body = ''): string {
  return keeping(line, [...headers, 'Connection: close'], body);
}

const GET = 'GET / HTTP/1.1';
const POST = 'POST / HTTP/1.1';
const HOST = 'Host: a.test';

describe('requests that could be read in two ways', () => {
  const refused: [name: string, bytes: string, status: number][] = [
    ['no Host', keeping(GET, []), 400],
    ['two Hosts', keeping(GET, [HOST, HOST]), 400],
    ['two different Hosts', keeping(GET, [HOST, 'Host: b.test']), 400],
    ['an empty Host', keeping(GET, ['Host:']), 400],
    ['user info in Host', keeping(GET, ['Host: me@a.test']), 400],
    ['a path in Host', keeping(GET, ['Host: a.test/x']), 400],
    ['a list in Host', keeping(GET, ['Host: a.test, b.test']), 400],
    ['a space in Host', keeping(GET, ['Host: a.test b.test']), 400],
    ['a port too high in Host', keeping(GET, ['Host: a.test:65536']), 400],
    ['markup in Host', keeping(GET, ['Host: <b>']), 400],
    [
      'Content-Length with Transfer-Encoding',
      keeping(POST, [HOST, 'Content-Length: 5', 'Transfer-Encoding: chunked'], '0\r\n\r\n'),
      400,
    ],
    [
      'the same the other way round',
      keeping(POST, [HOST, 'Transfer-Encoding: chunked', 'Content-Length: 5'], '0\r\n\r\n'),
      400,
    ],
    ['Transfer-Encoding gzip', keeping(POST, [HOST, 'Transfer-Encoding: gzip'], 'x'), 400],
    [
      'Transfer-Encoding gzip, chunked',
      keeping(POST, [HOST, 'Transfer-Encoding: gzip, chunked'], '0\r\n\r\n'),
      400,
    ],
    [
      'Transfer-Encoding chunked, gzip',
      keeping(POST, [HOST, 'Transfer-Encoding: chunked, gzip'], '0\r\n\r\n'),
      400,
    ],
    ['Transfer-Encoding identity', keeping(POST, [HOST, 'Transfer-Encoding: identity'], ''), 400],
    ['Transfer-Encoding xchunked', keeping(POST, [HOST, 'Transfer-Encoding: xchunked'], '0\r\n\r\n'), 400],
    [
      'Transfer-Encoding twice',
      keeping(POST, [HOST, 'Transfer-Encoding: chunked', 'Transfer-Encoding: chunked'], '0\r\n\r\n'),
      400,
    ],
    [
      'chunks in HTTP/1.0',
      keeping('POST / HTTP/1.0', [HOST, 'Transfer-Encoding: chunked', 'Connection: keep-alive'], '0\r\n\r\n'),
      400,
    ],
    ['a space before the colon', keeping(POST, [HOST, 'Transfer-Encoding : chunked'], '0\r\n\r\n'), 400],
    ['a folded header', keeping(GET, [HOST, 'X-A: b', ' c: d']), 400],
    ['two lengths', keeping(POST, [HOST, 'Content-Length: 5', 'Content-Length: 6'], 'aaaaaa'), 400],
    ['one length twice', keeping(POST, [HOST, 'Content-Length: 5', 'Content-Length: 5'], 'aaaaa'), 400],
    ['a list of lengths', keeping(POST, [HOST, 'Content-Length: 5, 5'], 'aaaaa'), 400],
    ['a signed length', keeping(POST, [HOST, 'Content-Length: +5'], 'aaaaa'), 400],
    ['a negative length', keeping(POST, [HOST, 'Content-Length: -1']), 400],
    ['a hexadecimal length', keeping(POST, [HOST, 'Content-Length: 0x5'], 'aaaaa'), 400],
    ['two Authorizations', keeping(GET, [HOST, 'Authorization: Bearer a', 'Authorization: Bearer b']), 400],
    ['a bare line feed in the head', `GET / HTTP/1.1\nHost: a.test\n\n`, 400],
    ['a NUL in a header', keeping(GET, [HOST, 'X-A: a\u0000b']), 400],
    ['no HTTP at all', '\u0016\u0003\u0001\u0002\u0000\r\n\r\n', 400],
    ['HTTP/1.1 in one word', keeping('GET/HTTP/1.1'), 400],
    ['a path out of the tree', keeping('GET /../x HTTP/1.1'), 400],
    ['an encoded path out of the tree', keeping('GET /a/%2e%2e/x HTTP/1.1'), 400],
    ['two slashes', keeping('GET //x HTTP/1.1'), 400],
    ['a backslash', keeping('GET /a\\b HTTP/1.1'), 400],
    ['an encoded NUL', keeping('GET /a%00 HTTP/1.1'), 400],
    ['a bad escape', keeping('GET /a%zz HTTP/1.1'), 400],
    ['a fragment', keeping('GET /a#b HTTP/1.1'), 400],
    ['an asterisk with GET', keeping('GET * HTTP/1.1'), 400],
    ['a target without a slash', keeping('GET a HTTP/1.1'), 400],
    ['a target of another scheme', keeping('GET ftp://a.test/ HTTP/1.1'), 400],
    ['user info in the target', keeping('GET http://me@a.test/ HTTP/1.1'), 400],
    ['a path out of the tree behind a host', keeping('GET http://a.test/../x HTTP/1.1'), 400],
    ['TRACE', request('TRACE / HTTP/1.1'), 405],
    ['CONNECT', keeping('CONNECT a.test:443 HTTP/1.1'), 405],
    [
      'an expectation that nobody knows',
      keeping(POST, [HOST, 'Expect: a miracle', 'Content-Length: 0']),
      417,
    ],
    ['a long URL', request(`GET /${'x'.repeat(9000)} HTTP/1.1`), 414],
    ['a URL longer than the whole head may be', keeping(`GET /${'x'.repeat(40_000)} HTTP/1.1`), 414],
    ['a long header', keeping(GET, [HOST, `X-A: ${'x'.repeat(17_000)}`]), 431],
    ['many headers', keeping(GET, [HOST, ...Array.from({ length: 3000 }, (_, i) => `X-${i}: 1`)]), 431],
    ['a body that says it is too large', keeping(POST, [HOST, 'Content-Length: 1048577'], 'x'), 413],
    ['a length that no number holds', keeping(POST, [HOST, 'Content-Length: 99999999999999999'], 'x'), 400],
  ];

  it.each(refused)('%s', async (_name, bytes, status) => {
    await start();
    const answer = await askRaw(server.port, bytes);
    expect(answer.status).toBe(status);
    expect(answer.headers).toMatchObject({
      'content-type': 'application/problem+json',
      'x-request-id': expect.stringMatching(/^[0-9a-f]{32}$/),
      traceparent: expect.stringMatching(/^00-/),
      connection: 'close',
    });
    expect(JSON.parse(answer.body)).toMatchObject({
      status: answer.status,
      title: expect.any(String),
      requestId: answer.headers['x-request-id'],
    });
    expect(server.seen).toEqual([]);
    await server.log.ended(1);
    expect(server.log.requests()).toMatchObject([{ status: answer.status, ip: '127.0.0.1' }]);
  });
});

/** A door that answers with how many bytes of body it has read. */
const reading: NonNullable<GuardedServerOptions['entry']>['door'] = async ({
  request: incoming,
  response,
}) => {
  let size = 0;
  for await (const chunk of incoming) size += (chunk as Buffer).length;
  response.end(`read ${size}`);
};

describe('requests that are fine', () => {
  it.each<[name: string, bytes: string, path: string]>([
    ['origin form', request('GET /a/b?c=d HTTP/1.1'), '/a/b?c=d'],
    ['an escape that need not be one', request('GET /%61 HTTP/1.1'), '/a'],
    ['absolute form', request('GET http://a.test/a?b HTTP/1.1'), '/a?b'],
    ['absolute form without a path', request('GET HTTP://a.test?b HTTP/1.1'), '/?b'],
    ['IPv6 in Host', request(GET, ['Host: [::1]:80']), '/'],
    ['HTTP/1.0 without Host', 'GET / HTTP/1.0\r\n\r\n', '/'],
    [
      'an upgrade to h2c, which is not taken up',
      request(GET, [HOST, 'Upgrade: h2c', 'HTTP2-Settings: AAMAAABkAARAAAAAAAIAAAAA']),
      '/',
    ],
    [
      'an upgrade to websocket, which is not taken up',
      request(GET, [HOST, 'Upgrade: websocket', 'Sec-WebSocket-Key: x']),
      '/',
    ],
    ['2500 small headers', request(GET, [HOST, ...Array.from({ length: 2500 }, () => 'a:')]), '/'],
  ])('%s', async (_name, bytes, path) => {
    await start();
    expect(await askRaw(server.port, bytes)).toMatchObject({ status: 200, body: path });
  });

  it('takes the host out of an absolute target, not out of the header beside it', async () => {
    await start();
    await askRaw(server.port, request('GET http://B.test:81/ HTTP/1.1'));
    expect(server.seen[0]?.scope.client?.host).toBe('B.test:81');
    expect(server.seen[0]?.inbound.headers.host).toBe('B.test:81');
  });

  it('keeps the connection of a client that offers an upgrade with its first request', async () => {
    await start();
    const socket = await openRaw(server.port);
    socket.write(keeping('GET /1 HTTP/1.1', [HOST, 'Connection: Upgrade', 'Upgrade: h2c']));
    await readUntil(socket, '/1');
    socket.write(request('GET /2 HTTP/1.1'));
    expect(parseAnswer(await readToEnd(socket))).toMatchObject({ status: 200, body: '/2' });
  });

  it.each([
    ['at once', [HOST, 'Connection: Upgrade', 'Upgrade: h2c'], ''],
    ['with spaces to hide it', [HOST, 'Connection:Upgrade', 'Upgrade:  h2c'], ''],
    ['in a body', [HOST, 'Connection: Upgrade', 'Upgrade: h2c', 'Content-Length: 1'], 'x'],
  ])(
    'keeps none where a request may have been lost behind such an offer: %s',
    async (_name, headers, body) => {
      await start();
      const first = keeping('POST /1 HTTP/1.1', headers, body);
      const text = await sendRaw(server.port, first + keeping('GET /2 HTTP/1.1'));
      expect(parseAnswer(text)).toMatchObject({ status: 200, headers: { connection: 'close' } });
      expect(server.seen.map(({ inbound }) => inbound.path)).not.toContain('/2');
    },
  );

  it('answers OPTIONS * itself', async () => {
    await start();
    const answer = await askRaw(server.port, request('OPTIONS * HTTP/1.1'));
    expect(answer).toMatchObject({ status: 204, headers: { allow: expect.stringContaining('GET') } });
    expect(server.seen).toEqual([]);
  });

  it('gives every one of many headers to the door', async () => {
    await start();
    await askRaw(server.port, request(GET, [...Array.from({ length: 2500 }, () => 'a:'), HOST]));
    expect(server.seen[0]?.inbound.rawHeaders).toHaveLength(2 * 2502);
  });
});

describe('connections that break', () => {
  it('while they are being refused do no harm', async () => {
    await start();
    const socket = await openRaw(server.port);
    socket.write(keeping('CONNECT a.test:443 HTTP/1.1'));
    await readUntil(socket, '"requestId"');
    socket.resetAndDestroy();
    expect(await askRaw(server.port, request(GET))).toMatchObject({ status: 200 });
  });
});

describe('bodies', () => {
  it('gives a broken chunk a 400, once, and ends the connection', async () => {
    await start({ entry: { door: reading } });
    const text = await sendRaw(
      server.port,
      request(POST, [HOST, 'Transfer-Encoding: chunked'], 'xyz\r\n\r\n'),
    );
    expect(parseAnswer(text)).toMatchObject({ status: 400, headers: { connection: 'close' } });
    expect(text.match(/HTTP\/1\.1/g)).toHaveLength(1);
    expect(server.aborted).toEqual(['BAD_REQUEST']);
  });

  it('lets a chunked body of just the limit through', async () => {
    await start({ server: { bodyLimit: '1kb' }, entry: { door: reading } });
    const body = `400\r\n${'x'.repeat(1024)}\r\n0\r\n\r\n`;
    const answer = await askRaw(server.port, request(POST, [HOST, 'Transfer-Encoding: chunked'], body));
    expect(answer).toMatchObject({ status: 200, body: 'read 1024' });
  });

  it('stops a chunked body one byte later, while it is still coming', async () => {
    await start({ server: { bodyLimit: '1kb' }, entry: { door: reading } });
    const socket = await openRaw(server.port);
    socket.write(request(POST, [HOST, 'Transfer-Encoding: chunked'], `401\r\n${'x'.repeat(1025)}\r\n`));
    const answer = parseAnswer(await readToEnd(socket));
    expect(answer).toMatchObject({ status: 413, headers: { connection: 'close' } });
    expect(JSON.parse(answer.body)).toMatchObject({ title: 'Payload too large' });
    expect(server.aborted).toEqual(['PAYLOAD_TOO_LARGE']);
  });

  it('lets a client that only writes read its 413', async () => {
    await start();
    const socket = await openRaw(server.port);
    socket.write(request(POST, [HOST, `Content-Length: ${8 * 1024 ** 2}`]));
    socket.write('x'.repeat(8 * 1024 ** 2));
    expect(parseAnswer(await readToEnd(socket)).status).toBe(413);
  });

  it('keeps the connection where what is left of a refused body is small', async () => {
    await start({ entry: { auth: 'required' } });
    const socket = await openRaw(server.port);
    socket.write(`POST /1 HTTP/1.1\r\n${HOST}\r\nContent-Length: 5\r\n\r\nhello`);
    expect(parseAnswer(await readUntil(socket, '"requestId"'))).toMatchObject({ status: 401 });
    socket.write(request('POST /2 HTTP/1.1', [HOST, 'Content-Length: 0']));
    expect(parseAnswer(await readToEnd(socket)).status).toBe(401);
  });
});

describe('Expect: 100-continue', () => {
  const expecting = (length: number) =>
    request(POST, [HOST, 'Expect: 100-continue', `Content-Length: ${length}`]);

  it('gives the go-ahead when nothing refuses the request', async () => {
    await start({ entry: { door: reading } });
    const socket = await openRaw(server.port);
    socket.write(expecting(5));
    expect(await readUntil(socket, '\r\n\r\n')).toMatch(/^HTTP\/1\.1 100 /);
    socket.write('hello');
    expect(parseAnswer(await readToEnd(socket))).toMatchObject({ status: 200, body: 'read 5' });
  });

  it.each<[name: string, options: GuardedServerOptions, length: number, status: number]>([
    ['a caller who proves nothing', { entry: { auth: 'required' } }, 5, 401],
    ['too large a body', {}, 2 * 1024 ** 2, 413],
  ])(
    'refuses %s at once, and closes, for the body may come or not',
    async (_name, options, length, status) => {
      await start(options);
      const text = await sendRaw(server.port, expecting(length));
      expect(parseAnswer(text)).toMatchObject({ status, headers: { connection: 'close' } });
    },
  );
});

describe('pipelining', () => {
  it('answers a good request before the broken one behind it', async () => {
    let release = () => {};
    const held = new Promise<void>((resolve) => (release = resolve));
    await start({ entry: { door: async ({ response }) => held.then(() => void response.end('good')) } });
    const socket = await openRaw(server.port);
    socket.write(`GET / HTTP/1.1\r\n${HOST}\r\n\r\nnonsense\r\n\r\n`);
    const rest = readToEnd(socket);
    await server.reached(1);
    release();
    const text = await rest;
    expect(text.match(/HTTP\/1\.1 \d+/g)).toEqual(['HTTP/1.1 200', 'HTTP/1.1 400']);
    expect(text).toContain('good');
  });

  it('reads no more of a client that asks and asks, until it has been answered', async () => {
    let release = () => {};
    const held = new Promise<void>((resolve) => (release = resolve));
    await start({ entry: { door: async ({ response }) => held.then(() => void response.end()) } });
    const socket = await openRaw(server.port);
    const count = 40_000;
    socket.write(keeping(GET).repeat(count - 1) + request(GET));
    await server.reached(100);
    // What has been read is served; the rest waits in the system's buffers.
    for (let known = 0; known < server.seen.length; ) {
      known = server.seen.length;
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
    expect(server.seen.length).toBeLessThan(count / 4);
    const text = readToEnd(socket);
    release();
    expect((await text).match(/HTTP\/1\.1 200/g)).toHaveLength(count);
  });

  it('serves nothing behind what could be read in two ways, also where all of it came at once', async () => {
    await start();
    const behind = `GET /behind HTTP/1.1\r\n${HOST}\r\n\r\n`;
    for (const refused of ['GET /%00 HTTP/1.1', 'GET //x HTTP/1.1', 'GET x HTTP/1.1'])
      expect(await askRaw(server.port, keeping(refused) + behind)).toMatchObject({ status: 400 });
    await server.idle();
    expect(server.seen).toEqual([]);
  });

  it('has nothing left open of what came behind the last answer of a connection', async () => {
    await start({ entry: { auth: 'required' } });
    const behind = keeping(POST, [HOST, 'Expect: a miracle', 'Content-Length: 0']);
    const large = keeping('POST /1 HTTP/1.1', [HOST, 'Content-Length: 2000000'], 'x');
    for (const first of [keeping('GET //x HTTP/1.1'), large]) await sendRaw(server.port, first + behind);
    await server.idle();
  });

  it('serves nothing behind an answer that says it is the last', async () => {
    await start();
    server.phase = 'draining';
    const text = await sendRaw(server.port, keeping('GET /1 HTTP/1.1') + keeping('GET /2 HTTP/1.1'));
    expect(text.match(/HTTP\/1\.1 \d+/g)).toEqual(['HTTP/1.1 200']);
    await server.idle();
    expect(server.seen.map(({ inbound }) => inbound.path)).toEqual(['/1']);
  });

  it('ends all the requests of a client that leaves, also those whose turn has not come', async () => {
    await start({ entry: { door: () => new Promise(() => {}) } });
    const socket = await openRaw(server.port);
    socket.write(`GET /1 HTTP/1.1\r\n${HOST}\r\n\r\n`.repeat(3));
    await server.reached(3);
    socket.destroy();
    await server.idle();
    expect(server.aborted).toEqual(['CLIENT_CLOSED', 'CLIENT_CLOSED', 'CLIENT_CLOSED']);
    expect(server.log.requests()).toMatchObject([{ status: 499 }, { status: 499 }, { status: 499 }]);
  });
});
