import { request } from 'undici';
import { afterEach, describe, expect, it } from 'vitest';
import { FakeClock } from '../support/fake-clock.ts';
import { startGateway, type TestGateway, type TestGatewayOptions } from '../support/gateway.ts';
import { echo, type HttpService, hang, json, startHttpService } from '../support/http-service.ts';
import { askRaw, openRaw, parseAnswer, readToEnd, readUntil, sendRaw } from '../support/raw-http.ts';
import { mintToken, TEST_SECRET } from '../support/token.ts';

let gateway: TestGateway;
let users: HttpService;
afterEach(async () => {
  await gateway.close();
  await users.close();
});

const sdl = `
extend schema @link(url: "https://specs.apollo.dev/connect/v0.4", import: ["@source", "@connect"])
type Query {
  me: User @connect(source: "users", http: { GET: "/me" }, selection: "id")
}
type User { id: ID! }
`;

interface Settings extends Partial<TestGatewayOptions> {
  readonly server?: string;
  readonly behaviour?: Parameters<typeof startHttpService>[0];
}

async function start({ server = '', behaviour, ...options }: Settings = {}): Promise<void> {
  users = await startHttpService(behaviour);
  gateway = await startGateway({
    config: `
server: { drain: { timeout: 100ms }, ${server} }
auth: { jwt: [{ secret: '${TEST_SECRET}' }], default: none }
graphql: {}
services:
  users: { urls: ['${users.url}'], timeout: 1h, idleTimeout: 1h }
routes:
  - { path: /users/*, service: users }
  - { path: /admin/*, service: users, roles: [admin], auth: required }
  - { path: /public/*, service: users, rewrite: /* }
`,
    sdl,
    ...options,
  });
}

function query(body: string, headers: Record<string, string> = {}) {
  return request(`${gateway.url}/graphql`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body,
  });
}

const ME = JSON.stringify({ query: '{ me { id } }' });

describe('a route with rules can not be reached by another spelling', () => {
  it.each([
    '/admin/x',
    '/%61dmin/x',
    '/%41dmin/../admin/x',
    '/users/../admin/x',
    '/users/..%2fadmin/x',
    '/users/%2e%2e/admin/x',
    '/users\\..\\admin/x',
    '//admin/x',
    '/./admin/x',
    '/users/..;/admin/x',
    '/public//admin/x',
    '/public/%2e%2e/admin/x',
    'http://a.test/%61dmin/x',
    'http://a.test//admin/x',
  ])('%s', async (target) => {
    await start();
    const answer = await askRaw(
      gateway.port,
      `GET ${target} HTTP/1.1\r\nHost: a.test\r\nConnection: close\r\n\r\n`,
    );
    const reached = users.requests.map(({ url }) => url);
    if (reached.length === 0) {
      expect([400, 401]).toContain(answer.status);
    } else {
      // As it was judged: below the open route, with no dot segment of its own.
      expect(reached).toEqual(['/users/..;/admin/x']);
    }
  });
});

describe('requests hidden in requests', () => {
  const hidden = 'GET /users/hidden HTTP/1.1\r\nHost: a.test\r\nX: ';
  it.each<[name: string, bytes: string]>([
    [
      'CL.TE',
      `POST /users/x HTTP/1.1\r\nHost: a.test\r\nContent-Length: ${hidden.length + 5}\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n${hidden}`,
    ],
    [
      'TE.CL',
      `POST /users/x HTTP/1.1\r\nHost: a.test\r\nTransfer-Encoding: chunked\r\nContent-Length: 4\r\n\r\n3f\r\n${hidden}\r\n0\r\n\r\n`,
    ],
    [
      'TE.TE',
      `POST /users/x HTTP/1.1\r\nHost: a.test\r\nTransfer-Encoding: chunked\r\nTransfer-Encoding: x\r\n\r\n0\r\n\r\n${hidden}`,
    ],
    [
      'TE with a tab',
      `POST /users/x HTTP/1.1\r\nHost: a.test\r\nTransfer-Encoding:\tchunked, identity\r\n\r\n0\r\n\r\n${hidden}`,
    ],
    [
      'a chunk size with an extension and a bare line feed',
      `POST /users/x HTTP/1.1\r\nHost: a.test\r\nTransfer-Encoding: chunked\r\n\r\n0;\n\r\n\r\n${hidden}`,
    ],
    [
      'a chunk size that overflows',
      `POST /users/x HTTP/1.1\r\nHost: a.test\r\nTransfer-Encoding: chunked\r\n\r\nfffffffffffffffff\r\n${hidden}`,
    ],
    ['a line break in the target', `GET /users/x%0d%0aX:y HTTP/1.1\r\nHost: a.test\r\n\r\n`],
  ])('%s', async (_name, bytes) => {
    await start({ behaviour: echo });
    const text = await sendRaw(gateway.port, bytes);
    expect(parseAnswer(text)).toMatchObject({ status: 400, headers: { connection: 'close' } });
    expect(users.requests.map(({ url }) => url)).not.toContain('/users/hidden');
  });
});

describe('the GraphQL door', () => {
  it('has errors of the guard in its own form', async () => {
    await start();
    const answer = await query(ME, {
      authorization: 'Bearer nonsense',
      accept: 'application/graphql-response+json',
    });
    expect(answer).toMatchObject({
      statusCode: 401,
      headers: { 'www-authenticate': expect.stringContaining('invalid_token') },
    });
    expect(await answer.body.json()).toMatchObject({
      errors: [{ message: 'Invalid token', extensions: { code: 'UNAUTHENTICATED' } }],
    });
  });

  it('knows the caller', async () => {
    await start({ behaviour: json({ id: 'u1' }) });
    const answer = await query(ME, { authorization: `Bearer ${await mintToken({ sub: 'u1' })}` });
    expect(await answer.body.json()).toEqual({ data: { me: { id: 'u1' } } });
    expect(users.requests[0]?.headers).toMatchObject({ 'x-user-id': 'u1' });
  });

  it('stops a chunked body over the limit', async () => {
    await start({ server: 'bodyLimit: 1kb' });
    const socket = await openRaw(gateway.port);
    socket.write(
      'POST /graphql HTTP/1.1\r\nHost: a.test\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n',
    );
    socket.write(`800\r\n${' '.repeat(2048)}\r\n`);
    const answer = parseAnswer(await readToEnd(socket));
    expect(answer.status).toBe(413);
    expect(JSON.parse(answer.body)).toMatchObject({
      errors: [{ extensions: { code: 'PAYLOAD_TOO_LARGE' } }],
    });
  });

  it('stops its calls when the client leaves', async () => {
    await start({ behaviour: hang });
    const socket = await openRaw(gateway.port);
    socket.write(
      `POST /graphql HTTP/1.1\r\nHost: a.test\r\nContent-Type: application/json\r\nContent-Length: ${ME.length}\r\n\r\n${ME}`,
    );
    await users.received(1);
    socket.destroy();
    await users.aborted(1);
    await gateway.log.ended(1);
    expect(gateway.log.requests()).toMatchObject([{ status: 499, aborted: true }]);
  });

  it('answers, or is answered for, when the deadline is there, and stops its calls', async () => {
    const clock = new FakeClock();
    await start({ behaviour: hang, clock, server: 'requestTimeout: 2s' });
    const answer = query(ME);
    await users.received(1);
    await clock.pass(2000);
    const { statusCode, body } = await answer;
    expect(await body.json()).toMatchObject({
      errors: [{ extensions: { code: expect.stringMatching(/DEADLINE_EXCEEDED|UPSTREAM_TIMEOUT/) } }],
    });
    expect([200, 504]).toContain(statusCode);
    await users.aborted(1);
    await passUntilClosed(clock);
  });
});

/** Lets the gateway end although its clock stands still. */
async function passUntilClosed(clock: FakeClock): Promise<void> {
  const closed = gateway.gateway.close();
  let over = false;
  void closed.then(() => {
    over = true;
  });
  while (!over) await clock.pass(1000);
}

describe('the REST door', () => {
  it('is answered for when the deadline is there', async () => {
    const clock = new FakeClock();
    await start({ behaviour: hang, clock, server: 'requestTimeout: 2s' });
    const answer = request(`${gateway.url}/users/1`);
    await users.received(1);
    await clock.pass(2000);
    expect(await answer).toMatchObject({ statusCode: 504 });
    await users.aborted(1);
    await passUntilClosed(clock);
  });

  it('lets an answer that has begun go on past the deadline', async () => {
    const clock = new FakeClock();
    let more = () => {};
    await start({
      clock,
      server: 'requestTimeout: 2s',
      behaviour: (_request, response) => {
        response.writeHead(200, { 'content-type': 'text/event-stream' });
        response.write('data: one\n\n');
        more = () => void response.end('data: two\n\n');
      },
    });
    const socket = await openRaw(gateway.port);
    socket.write('GET /users/events HTTP/1.1\r\nHost: a.test\r\nConnection: close\r\n\r\n');
    await readUntil(socket, 'one');
    await clock.pass(600_000);
    const rest = readToEnd(socket);
    more();
    expect(await rest).toContain('two');
    await passUntilClosed(clock);
  });

  it('passes an answer on to a client that announced its body and was told to go on', async () => {
    await start({ behaviour: echo });
    const socket = await openRaw(gateway.port);
    socket.write(
      'POST /users/x HTTP/1.1\r\nHost: a.test\r\nExpect: 100-continue\r\nContent-Length: 5\r\nConnection: close\r\n\r\n',
    );
    expect(await readUntil(socket, '\r\n\r\n')).toMatch(/^HTTP\/1\.1 100 /);
    socket.write('hello');
    expect(parseAnswer(await readToEnd(socket))).toMatchObject({
      status: 200,
      body: expect.stringContaining('hello'),
    });
    expect(users.requests[0]?.headers.expect).toBeUndefined();
  });

  it.each(['\u007f', '\u00e9', '\u00ff\u0080', '\t', ''])(
    'passes on or refuses, but survives, %j in headers',
    async (character) => {
      await start({ behaviour: json({}) });
      const value = `a=1${character}b`;
      const head = [
        'x-a',
        'tracestate',
        'baggage',
        'traceparent',
        'x-request-id',
        'accept-language',
        'cookie',
      ];
      const lines = head.map((name) => `${name}: ${value}\r\n`).join('');
      const answer = await askRaw(
        gateway.port,
        `GET /users/x HTTP/1.1\r\nHost: a.test\r\nConnection: close\r\n${lines}\r\n`,
      );
      expect([200, 400]).toContain(answer.status);
    },
  );

  it('takes up no upgrade, and passes on none', async () => {
    await start();
    const answer = await askRaw(
      gateway.port,
      'GET /users/x HTTP/1.1\r\nHost: a.test\r\nConnection: close, Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABk\r\n\r\n',
    );
    expect(answer.status).toBe(200);
    expect(users.requests[0]?.headers.upgrade).toBeUndefined();
    expect(users.requests[0]?.headers['http2-settings']).toBeUndefined();
  });

  it('keeps security headers of the service, and adds what it left out', async () => {
    await start({ behaviour: json({}, 200, { 'x-frame-options': 'SAMEORIGIN', 'x-request-id': 'theirs' }) });
    const { headers } = await request(`${gateway.url}/users/1`, { headers: { 'x-request-id': 'mine' } });
    expect(headers).toMatchObject({
      'x-frame-options': 'SAMEORIGIN',
      'x-content-type-options': 'nosniff',
      'x-request-id': 'mine',
    });
  });
});
