import { request } from 'undici';
import { afterEach, describe, expect, it } from 'vitest';
import { type Cors, createCors } from '../../src/guard/cors.ts';
import { startGateway, type TestGateway } from '../support/gateway.ts';
import { type Behaviour, type HttpService, json, startHttpService } from '../support/http-service.ts';
import { askRaw } from '../support/raw-http.ts';
import { mintToken, TEST_SECRET } from '../support/token.ts';

let gateway: TestGateway;
let users: HttpService;
afterEach(async () => {
  await gateway.close();
  await users.close();
});

const APP = 'https://app.test';

const sdl = `
extend schema @link(url: "https://specs.apollo.dev/connect/v0.4", import: ["@source", "@connect"])
type Query {
  me: User @connect(source: "users", http: { GET: "/me" }, selection: "id")
}
type User { id: ID! }
`;

interface Settings {
  readonly cors?: string;
  readonly server?: string;
  readonly behaviour?: Behaviour;
}

async function start({ cors = `origins: ['${APP}']`, server = '', behaviour }: Settings = {}): Promise<void> {
  users = await startHttpService(behaviour);
  gateway = await startGateway({
    config: `
server: { drain: { timeout: 100ms }, cors: { ${cors} }, ${server} }
auth: { jwt: [{ secret: '${TEST_SECRET}' }], default: none }
graphql: {}
services:
  users: { urls: ['${users.url}'] }
routes:
  - { path: /users/*, service: users }
  - { path: /own, methods: [GET], respond: { headers: { Vary: Accept-Language }, body: hello } }
  - { path: /varied, service: users, response: { headers: { set: { Vary: Accept-Language } } } }
  - { path: /unvaried, service: users, response: { headers: { remove: [vary] } } }
  - { path: /mapped, service: users, response: { headers: { remove: [vary] }, body: "{ mapped: $.ok }" } }
  - { path: /deprecated, service: users, deprecated: { since: 2026-01-01 } }
  - { path: /locked, service: users, auth: required }
  - { path: /admin, service: users, auth: required, roles: [admin] }
  - { path: /me, operation: "{ me { id } }" }
`,
    sdl,
    development: true,
  });
}

type Method = 'GET' | 'POST' | 'PUT' | 'OPTIONS' | 'HEAD';

async function ask(
  path: string,
  headers: Record<string, string> = {},
  method: Method = 'GET',
  body?: string,
) {
  const answer = await request(gateway.url + path, { method, headers, body: body ?? null });
  // A list may stand on several lines.
  const joined = Object.fromEntries(
    Object.entries(answer.headers).map(([name, value]) => [name, String(value).replaceAll(/, ?/g, ', ')]),
  );
  return { status: answer.statusCode, headers: joined, body: await answer.body.text() };
}

function from(origin: string, more: Record<string, string> = {}): Record<string, string> {
  return { origin, ...more };
}

function preflight(origin: string, method = 'PUT', headers?: string): Record<string, string> {
  return {
    origin,
    'access-control-request-method': method,
    ...(headers === undefined ? {} : { 'access-control-request-headers': headers }),
  };
}

/** What an answer says of origins. */
function said({ headers }: Awaited<ReturnType<typeof ask>>): Record<string, unknown> {
  const all = Object.entries(headers).filter(
    ([name]) => name.startsWith('access-control-') || name === 'vary',
  );
  return Object.fromEntries(all);
}

const EXPOSED = expect.stringMatching(
  /^X-Request-ID, .*X-RateLimit-Limit, .*RateLimit, RateLimit-Policy, Retry-After, X-Portico-Fallback/,
);

describe('an allowed origin', () => {
  it('is told so, and what its pages may read', async () => {
    await start();
    const answer = await ask('/users/1', from(APP));
    expect(answer.status).toBe(200);
    expect(said(answer)).toEqual({
      'access-control-allow-origin': APP,
      'access-control-expose-headers': EXPOSED,
      vary: 'Origin',
    });
  });

  it('may use cookies only where that is said', async () => {
    await start({ cors: `origins: ['${APP}'], credentials: true` });
    expect(said(await ask('/users/1', from(APP)))).toMatchObject({
      'access-control-allow-origin': APP,
      'access-control-allow-credentials': 'true',
    });
    expect(said(await ask('/users/1', from('https://other.test')))).toEqual({ vary: 'Origin' });
  });

  it('may read the headers that are named for it', async () => {
    await start({ cors: `origins: ['${APP}'], expose: [X-Total-Count]` });
    const { headers } = await ask('/users/1', from(APP));
    expect(headers['access-control-expose-headers']).toMatch(/, X-Total-Count$/);
  });

  const ways: [name: string, path: string, status: number, method?: Method, more?: Record<string, string>][] =
    [
      ['a route', '/users/1', 200],
      ['a HEAD', '/users/1', 200, 'HEAD'],
      ['an answer of the gateway', '/own', 200],
      ['an operation route', '/me', 200],
      ['a mapped answer', '/mapped', 200],
      ['an unknown path', '/nowhere', 404],
      ['a method that is not there', '/own', 405, 'POST'],
      ['a caller who proves nothing', '/locked', 401],
      ['a bad token', '/locked', 401, 'GET', { authorization: 'Bearer nonsense' }],
      ['a malformed path', '/users//1', 400],
      ['an OPTIONS that is no preflight', '/users/1', 200, 'OPTIONS'],
      ['health', '/health', 200],
      ['readiness', '/readyz', 200],
      ['GraphiQL', '/graphql', 200, 'GET', { accept: 'text/html' }],
      ['GraphQL by GET', '/graphql?query={me{id}}', 200],
      ['a GraphQL fault', '/graphql?query={nothing}', 200],
      ['GraphQL that cannot be parsed', '/graphql?query={', 200],
      [
        'GraphQL with a bad token',
        '/graphql?query={me{id}}',
        401,
        'GET',
        { authorization: 'Bearer nonsense' },
      ],
      ['a GraphQL answer of no known type', '/graphql?query={me{id}}', 406, 'GET', { accept: 'image/png' }],
    ];

  it.each(ways)('is told so by %s', async (_name, path, status, method, more) => {
    await start({ behaviour: json({ id: 'u1', ok: true }) });
    const answer = await ask(path, from(APP, more), method);
    expect(answer.status).toBe(status);
    expect(said(answer)).toMatchObject({
      'access-control-allow-origin': APP,
      'access-control-expose-headers': EXPOSED,
    });
    expect(String(answer.headers.vary).split(', ')).toContain('Origin');
  });

  it.each(ways)(
    'makes no difference to caches: %s varies by it for all others too',
    async (_name, path, status, method, more) => {
      await start({ behaviour: json({ id: 'u1', ok: true }) });
      for (const origin of [{}, from('https://other.test')]) {
        const answer = await ask(path, { ...origin, ...more }, method);
        expect(answer.status).toBe(status);
        expect(Object.keys(said(answer))).toEqual(['vary']);
        expect(String(answer.headers.vary).split(', ')).toContain('Origin');
      }
    },
  );

  it.each<[name: string, body: string]>([
    ['the short way', '{"query":"{ me { id } }"}'],
    ['the long way', '{"query":"{ me { id } __typename @skip(if: 3) }"}'],
  ])('is told so by GraphQL, %s', async (_name, body) => {
    await start({ behaviour: json({ id: 'u1' }) });
    for (const [origin, allowed] of [
      [APP, APP],
      ['https://other.test', undefined],
    ] as const) {
      const answer = await ask(
        '/graphql',
        from(origin, { 'content-type': 'application/json' }),
        'POST',
        body,
      );
      expect(answer.headers['access-control-allow-origin']).toBe(allowed);
      expect(answer.headers.vary).toEqual(expect.stringMatching(/^Origin, Accept$/));
    }
  });

  it('is told so by refusals before any place is found, and by redirects', async () => {
    await start({ server: 'allowedHosts: [a.test], httpsRedirect: true' });
    const wrongHost = await ask('/users/1', from(APP, { host: 'b.test' }));
    expect(wrongHost).toMatchObject({
      status: 421,
      headers: { 'access-control-allow-origin': APP, vary: 'Origin' },
    });
    const redirect = await ask('/users/1', from(APP, { host: 'a.test' }));
    expect(redirect).toMatchObject({
      status: 308,
      headers: { 'access-control-allow-origin': APP, vary: 'Origin' },
    });
  });

  it('is told so when its body is too large or its role is missing', async () => {
    await start({ server: 'bodyLimit: 1kb' });
    const large = await ask('/users/1', from(APP), 'POST', 'x'.repeat(2000));
    expect(large).toMatchObject({ status: 413, headers: { 'access-control-allow-origin': APP } });
    const admin = await ask('/admin', from(APP, { authorization: `Bearer ${await mintToken()}` }));
    expect(admin).toMatchObject({ status: 403, headers: { 'access-control-allow-origin': APP } });
  });

  it('is told so when the service is gone', async () => {
    await start();
    await users.die();
    expect(await ask('/users/1', from(APP))).toMatchObject({
      status: 502,
      headers: { 'access-control-allow-origin': APP, vary: 'Origin' },
    });
  });
});

describe('a preflight', () => {
  it('is answered by the gateway, whatever it is for and whoever asks', async () => {
    await start();
    for (const path of ['/users/1', '/locked', '/admin', '/own', '/nowhere', '/graphql', '/health']) {
      const answer = await ask(path, preflight(APP, 'PUT', 'authorization,content-type'), 'OPTIONS');
      expect(answer).toMatchObject({ status: 204, body: '' });
      expect(said(answer)).toEqual({
        'access-control-allow-origin': APP,
        'access-control-allow-methods': 'GET, POST, PUT, PATCH, DELETE',
        'access-control-allow-headers': 'authorization, content-type',
        'access-control-max-age': '600',
        'access-control-expose-headers': EXPOSED,
        vary: 'Origin, Access-Control-Request-Headers',
      });
      expect(answer.headers['content-length']).toBeUndefined();
    }
    expect(users.requests).toEqual([]);
  });

  it('tells an origin that may not call nothing at all', async () => {
    await start({ cors: `origins: ['${APP}'], credentials: true` });
    const answer = await ask('/users/1', preflight('https://other.test', 'PUT', 'x-a'), 'OPTIONS');
    expect(answer.status).toBe(204);
    expect(said(answer)).toEqual({ vary: 'Origin' });
    expect(users.requests).toEqual([]);
  });

  it('names the methods and headers of the configuration, in seconds how long', async () => {
    await start({
      cors: `origins: ['${APP}'], credentials: true, methods: [GET, PURGE], headers: [Authorization, X-A], maxAge: 90.5s`,
    });
    expect(said(await ask('/users/1', preflight(APP, 'DELETE', 'x-evil'), 'OPTIONS'))).toEqual({
      'access-control-allow-origin': APP,
      'access-control-allow-credentials': 'true',
      'access-control-allow-methods': 'GET, PURGE',
      'access-control-allow-headers': 'Authorization, X-A',
      'access-control-max-age': '90',
      'access-control-expose-headers': EXPOSED,
      vary: 'Origin',
    });
  });

  it('gives back what was asked for where anything may be', async () => {
    await start({ cors: `origins: ['*'], methods: ['*'], headers: ['*']` });
    expect(
      said(await ask('/users/1', preflight(APP, 'PURGE', 'authorization, x-a'), 'OPTIONS')),
    ).toMatchObject({
      'access-control-allow-origin': '*',
      'access-control-allow-methods': 'PURGE',
      'access-control-allow-headers': 'authorization, x-a',
      vary: 'Access-Control-Request-Method, Access-Control-Request-Headers',
    });
  });

  it.each(['x a', 'x-a;b', 'x-a,', '(comment)', 'caf\u00e9', 'x: y'])(
    'gives back no junk: %s',
    async (junk) => {
      await start({ cors: `origins: ['*'], methods: ['*']` });
      const bytes = `OPTIONS /users/1 HTTP/1.1\r\nHost: a.test\r\nOrigin: ${APP}\r\nAccess-Control-Request-Method: ${junk}\r\nAccess-Control-Request-Headers: ${junk}\r\nConnection: close\r\n\r\n`;
      const answer = await askRaw(gateway.port, Buffer.from(bytes, 'latin1'));
      expect(answer.status).toBe(204);
      expect(answer.headers['access-control-allow-methods']).toBeUndefined();
      expect(answer.headers['access-control-allow-headers']).toBeUndefined();
    },
  );

  it.each<[name: string, headers: Record<string, string>, method: Method]>([
    ['without a method', from(APP), 'OPTIONS'],
    ['without an origin', { 'access-control-request-method': 'PUT' }, 'OPTIONS'],
    ['of another method', preflight(APP), 'PUT'],
  ])('is none %s', async (_name, headers, method) => {
    await start();
    expect(await ask('/users/1', headers, method)).toMatchObject({ status: 200 });
    expect(users.requests).toMatchObject([{ method, url: '/users/1' }]);
  });

  it('goes through, as everything else, where cors is off', async () => {
    await start({ cors: '', behaviour: json({}, 204, { 'access-control-allow-origin': '*', vary: 'X' }) });
    const answer = await ask('/users/1', preflight(APP), 'OPTIONS');
    expect(said(answer)).toEqual({ 'access-control-allow-origin': '*', vary: 'X' });
    expect(users.requests).toMatchObject([{ method: 'OPTIONS' }]);
    expect(said(await ask('/own', from(APP)))).toEqual({ vary: 'Accept-Language' });
  });

  it('has to come to a host that is served, and by https where that is asked for', async () => {
    await start({ server: 'allowedHosts: [a.test], httpsRedirect: true' });
    expect(await ask('/users/1', { host: 'b.test', ...preflight(APP) }, 'OPTIONS')).toMatchObject({
      status: 421,
    });
    expect(await ask('/users/1', { host: 'a.test', ...preflight(APP) }, 'OPTIONS')).toMatchObject({
      status: 308,
    });
  });

  it('with a body is answered too, and the next request on the connection is not taken for it', async () => {
    await start();
    const hidden = 'GET /users/hidden HTTP/1.1\r\nHost: a.test\r\n\r\n';
    const answer = await askRaw(
      gateway.port,
      `OPTIONS /x HTTP/1.1\r\nHost: a.test\r\nOrigin: ${APP}\r\nAccess-Control-Request-Method: PUT\r\nContent-Length: ${hidden.length}\r\nConnection: close\r\n\r\n${hidden}`,
    );
    expect(answer).toMatchObject({ status: 204, body: '' });
    expect(users.requests).toEqual([]);
  });
});

describe('what a service says of origins', () => {
  const theirs = {
    'access-control-allow-origin': 'https://theirs.test',
    'access-control-allow-credentials': 'true',
    'access-control-allow-methods': 'TRACE',
    'access-control-allow-headers': 'x-theirs',
    'access-control-max-age': '1',
    'access-control-allow-private-network': 'true',
  };

  it.each(['/users/1', '/varied', '/unvaried', '/mapped', '/deprecated'])(
    'is dropped where the gateway says it: %s',
    async (path) => {
      await start({ behaviour: json({ ok: true }, 200, theirs) });
      expect(said(await ask(path, from(APP)))).toEqual({
        'access-control-allow-origin': APP,
        'access-control-expose-headers': EXPOSED,
        vary: expect.stringMatching(/^Origin\b/),
      });
      expect(Object.keys(said(await ask(path)))).toEqual(['vary']);
    },
  );

  it('counts for the headers that a page may read', async () => {
    await start({
      behaviour: json({}, 200, { ...theirs, 'access-control-expose-headers': 'X-Total-Count' }),
    });
    const { headers } = await ask('/users/1', from(APP));
    expect(String(headers['access-control-expose-headers'])).toMatch(/X-Request-ID.*X-Total-Count$/);
  });

  it('goes out with an error of the service as well', async () => {
    await start({ behaviour: json({ error: 'theirs' }, 503, theirs) });
    expect(await ask('/users/1', from(APP))).toMatchObject({
      status: 503,
      body: '{"error":"theirs"}',
      headers: { 'access-control-allow-origin': APP },
    });
  });
});

describe('what answers vary by', () => {
  it.each([
    ['/users/1', 'Origin, Accept-Encoding'],
    ['/own', 'Origin, Accept-Language'],
    ['/varied', 'Origin, Accept-Language'],
    ['/unvaried', 'Origin'],
    ['/mapped', 'Origin'],
    ['/deprecated', 'Origin, Accept-Encoding'],
  ])('is said whole by %s', async (path, vary) => {
    await start({ behaviour: json({ ok: true }, 200, { vary: 'Accept-Encoding' }) });
    expect((await ask(path)).headers.vary).toEqual(vary);
  });

  it('is not said twice', async () => {
    await start({ behaviour: json({ ok: true }, 200, { vary: 'origin' }) });
    expect((await ask('/own')).headers.vary).toBe('Origin, Accept-Language');
    expect((await ask('/deprecated')).headers.vary).toBe('Origin, origin');
  });

  it('does not grow where all are told the same', async () => {
    await start({ cors: `origins: ['*']` });
    for (const origin of [{}, from(APP), from('null')]) {
      expect(said(await ask('/users/1', origin))).toEqual({
        'access-control-allow-origin': '*',
        'access-control-expose-headers': EXPOSED,
      });
    }
  });
});

describe('several origins in one request', () => {
  it.each([
    ['on two lines', `Origin: ${APP}\r\nOrigin: https://evil.test`],
    ['on two lines, the same', `Origin: ${APP}\r\nOrigin: ${APP}`],
    ['in a list', `Origin: ${APP}, https://evil.test`],
    ['as RFC 6454 had them', `Origin: ${APP} https://evil.test`],
  ])('are none: %s', async (_name, lines) => {
    await start();
    const answer = await askRaw(
      gateway.port,
      `GET /users/1 HTTP/1.1\r\nHost: a.test\r\n${lines}\r\nConnection: close\r\n\r\n`,
    );
    expect(answer.status).toBe(200);
    expect(answer.headers['access-control-allow-origin']).toBeUndefined();
    expect(answer.headers.vary).toBe('Origin');
  });
});

describe('an origin is allowed', () => {
  const settings = { credentials: true, methods: ['GET'], headers: [], expose: [], maxAge: 0 };

  function allows(origins: readonly string[], origin: string): boolean {
    const cors = createCors({ ...settings, origins: [...origins] }) as Cors;
    const { headers } = cors.headersFor(origin);
    const at = headers.indexOf('Access-Control-Allow-Origin');
    if (at >= 0) expect(headers[at + 1]).toBe(origin);
    return at >= 0;
  }

  const listed = [
    'https://app.test',
    'http://local.test:3000',
    'https://*.wild.test',
    'https://*.port.test:8443',
  ];

  it.each([
    ['https://app.test', true],
    ['http://app.test', false],
    ['https://app.test:443', false],
    ['https://app.test:8443', false],
    ['https://app.test/', false],
    ['https://app.test.', false],
    ['https://APP.test', false],
    ['https://app.test.evil.test', false],
    ['https://evilapp.test', false],
    ['https://evil-app.test', false],
    ['https://app.tes', false],
    ['https://app.testing', false],
    ['https://app-test', false],
    ['https://evil.test/https://app.test', false],
    ['https://app.test@evil.test', false],
    ['https://evil.test#https://app.test', false],
    ['', false],
    ['null', false],
    ['*', false],
    ['http://local.test:3000', true],
    ['http://local.test', false],
    ['http://local.test:30000', false],
    ['https://a.wild.test', true],
    ['https://a.b-c.wild.test', true],
    ['https://wild.test', false],
    ['https://.wild.test', false],
    ['https://a..wild.test', false],
    ['https://evilwild.test', false],
    ['https://a.wild.test.evil.test', false],
    ['https://a.wild.test:443', false],
    ['https://a.wild.test:8443', false],
    ['http://a.wild.test', false],
    ['https://evil.test/.wild.test', false],
    ['https://evil.test?.wild.test', false],
    ['https://evil.test#.wild.test', false],
    ['https://evil.test\\.wild.test', false],
    ['https://a@b.wild.test', false],
    ['https://a:1.wild.test', false],
    ['https://a\u0000.wild.test', false],
    ['https://a\r\n.wild.test', false],
    ['https://\u00e9.wild.test', false],
    ['https://a.port.test:8443', true],
    ['https://a.port.test', false],
  ])('%j: %s', (origin, allowed) => {
    expect(allows(listed, origin)).toBe(allowed);
  });

  it('as null only where that is listed', () => {
    expect(allows(['null'], 'null')).toBe(true);
    expect(allows(['null'], 'https://app.test')).toBe(false);
  });

  it('by turns without mixing them up', () => {
    const cors = createCors({ ...settings, origins: ['https://a.test', 'https://b.test'] }) as Cors;
    for (const origin of ['https://a.test', 'https://b.test', 'https://a.test'])
      expect(cors.headersFor(origin).lines).toContain(`Access-Control-Allow-Origin: ${origin}\r\n`);
    expect(cors.headersFor('https://c.test').lines).toBe('Vary: Origin\r\n');
  });
});
