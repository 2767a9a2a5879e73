import { request } from 'undici';
import { afterEach, describe, expect, it } from 'vitest';
import { GRACE } from '../../src/guard/deadline.ts';
import { keysUnavailable, tokenExpired, tokenInvalid } from '../../src/identity/rejection.ts';
import type { Principal } from '../../src/kernel/principal.ts';
import { FakeClock } from '../support/fake-clock.ts';
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

async function get(path: string, headers: Record<string, string> = {}, method: 'GET' | 'POST' = 'GET') {
  const answer = await request(server.url + path, { method, headers });
  return { status: answer.statusCode, headers: answer.headers, body: await answer.body.text() };
}

const alice: Principal = {
  via: 'jwt',
  id: 'alice',
  name: 'Alice',
  roles: ['editor'],
  scopes: ['read'],
  claims: {},
};

/** Knows three tokens. */
async function verify(token: string): Promise<Principal> {
  if (token === 'good') return alice;
  if (token === 'old') throw tokenExpired();
  if (token === 'unlucky') throw keysUnavailable(new Error('down'));
  throw tokenInvalid();
}

describe('who is calling', () => {
  const invalid = { status: 401, title: 'Invalid token' };

  it.each<[auth: 'required' | 'optional' | 'none', header: string | undefined, status: number, text: string]>(
    [
      ['required', 'Bearer good', 200, '/'],
      ['required', 'bearer good', 200, '/'],
      ['required', 'BEARER  good', 200, '/'],
      ['required', undefined, 401, 'Authentication required'],
      ['required', 'Basic good', 401, 'Authentication required'],
      ['required', 'Bearer', 401, 'Invalid token'],
      ['required', 'Bearer bad', 401, 'Invalid token'],
      ['required', 'Bearer old', 401, 'Token expired'],
      ['required', 'Bearer unlucky', 503, 'Service unavailable'],
      ['optional', 'Bearer good', 200, '/'],
      ['optional', undefined, 200, '/'],
      ['optional', 'Basic good', 200, '/'],
      ['optional', 'Bearer bad', 401, 'Invalid token'],
      ['optional', 'Bearer old', 401, 'Token expired'],
      ['none', 'Bearer bad', 200, '/'],
      ['none', undefined, 200, '/'],
    ],
  )('auth %s with %j: %i %s', async (auth, header, status, text) => {
    await start({ entry: { auth }, verify, server: { errors: { format: 'error' } } });
    const answer = await get('/', header === undefined ? {} : { authorization: header });
    expect(answer).toMatchObject({ status, body: status === 200 ? text : JSON.stringify({ error: text }) });
    if (status === 200) {
      const known = header?.endsWith('good') && header !== 'Basic good' && auth !== 'none';
      expect(server.seen[0]?.scope.principal).toEqual(known ? alice : undefined);
    } else {
      expect(server.seen).toEqual([]);
    }
  });

  it.each([
    ['no token', undefined, 'Bearer realm="portico"'],
    [
      'a bad one',
      'Bearer bad',
      'Bearer realm="portico", error="invalid_token", error_description="Invalid token"',
    ],
    [
      'an old one',
      'Bearer old',
      'Bearer realm="portico", error="invalid_token", error_description="Token expired"',
    ],
  ])('says in WWW-Authenticate what is wanted: %s', async (_name, header, expected) => {
    await start({ entry: { auth: 'required' }, verify });
    const answer = await get('/', header === undefined ? {} : { authorization: header });
    expect(answer.headers['www-authenticate']).toBe(expected);
  });

  it('tells when to come again if keys are missing', async () => {
    await start({ entry: { auth: 'required' }, verify });
    const answer = await get('/', { authorization: 'Bearer unlucky' });
    expect(answer.headers['retry-after']).toBe('5');
    expect(answer.headers['www-authenticate']).toBeUndefined();
  });

  it('leaves tokens alone where nothing could verify them', async () => {
    await start({ entry: { auth: 'optional' } });
    expect(await get('/', { authorization: 'Bearer for-the-service' })).toMatchObject({ status: 200 });
  });

  it('lets nobody in where a caller is needed and nothing could verify one', async () => {
    await start({ entry: { auth: 'required' } });
    expect(JSON.parse((await get('/', { authorization: 'Bearer good' })).body)).toMatchObject({
      ...invalid,
      title: 'Authentication required',
    });
  });

  it('takes no user for a service', async () => {
    await start({ entry: { auth: 'service' }, verify });
    expect(await get('/', { authorization: 'Bearer good' })).toMatchObject({ status: 401 });
  });
});

describe('who may', () => {
  it.each<[roles: string[], scopes: string[], status: number]>([
    [[], [], 200],
    [['editor'], [], 200],
    [['admin', 'editor'], [], 200],
    [['admin'], [], 403],
    [[], ['write', 'read'], 200],
    [[], ['write'], 403],
    [['editor'], ['read'], 200],
    [['editor'], ['write'], 403],
    [['admin'], ['read'], 403],
  ])('roles %j and scopes %j: %i', async (roles, scopes, status) => {
    await start({
      entry: { auth: 'required', roles, scopes },
      verify,
      server: { errors: { format: 'detail' } },
    });
    const answer = await get('/', { authorization: 'Bearer good' });
    expect(answer.status).toBe(status);
    if (status === 403) expect(answer.body).toBe('{"detail":"Forbidden"}');
  });

  it.each(['optional', 'none'] as const)(
    'asks for a caller where roles are, also with auth %s',
    async (auth) => {
      await start({ entry: { auth, roles: ['editor'] }, verify });
      expect(await get('/')).toMatchObject({ status: 401 });
    },
  );

  it('names the refused caller in the log', async () => {
    await start({ entry: { auth: 'required', roles: ['admin'] }, verify });
    await get('/', { authorization: 'Bearer good' });
    await server.log.ended(1);
    expect(server.log.requests()).toMatchObject([{ status: 403, user: 'alice' }]);
  });
});

describe('hosts and schemes', () => {
  it.each([
    ['a.test', 200],
    ['A.TEST', 200],
    ['a.test:8080', 200],
    ['a.test.', 200],
    ['b.test:81', 200],
    ['b.test', 421],
    ['x.c.test', 200],
    ['c.test', 421],
    ['a.test.evil.test', 421],
    ['evil-a.test', 421],
  ])('with a list of hosts, %s gets %i', async (host, status) => {
    await start({ server: { allowedHosts: ['a.test', 'b.test:81', '*.c.test'] } });
    expect(await get('/', { host })).toMatchObject({ status });
  });

  it('judges the host that a trusted proxy names', async () => {
    await start({ server: { allowedHosts: ['a.test'], trustedProxies: ['127.0.0.1'] } });
    expect(await get('/', { host: 'internal', 'x-forwarded-host': 'a.test' })).toMatchObject({ status: 200 });
    expect(await get('/', { host: 'a.test', 'x-forwarded-host': 'b.test' })).toMatchObject({ status: 421 });
  });

  it('sends plain http to https, with path and query and without the port', async () => {
    await start({ server: { httpsRedirect: true } });
    expect(await get('/a%2Fb?c=d', { host: 'a.test:8080' })).toMatchObject({
      status: 308,
      headers: { location: 'https://a.test/a%2Fb?c=d' },
    });
    expect(server.seen).toEqual([]);
  });

  it('does so by the scheme of a trusted proxy only', async () => {
    await start({ server: { httpsRedirect: true, trustedProxies: ['loopback'] } });
    expect(await get('/', { 'x-forwarded-proto': 'https' })).toMatchObject({ status: 200 });
    await server.close();
    await start({ server: { httpsRedirect: true } });
    expect(await get('/', { 'x-forwarded-proto': 'https' })).toMatchObject({ status: 308 });
  });
});

describe('headers of answers', () => {
  it('carry request id and trace, the same that the door sees', async () => {
    await start();
    const traceId = '4bf92f3577b34da6a3ce929d0e0e4736';
    const { headers } = await get('/', {
      'x-request-id': 'mine:1',
      traceparent: `00-${traceId}-00f067aa0ba902b7-01`,
      tracestate: 'a=1',
      baggage: 'b=2',
    });
    const scope = server.seen[0]?.scope;
    expect(headers).toMatchObject({
      'x-request-id': 'mine:1',
      traceparent: `00-${traceId}-${scope?.trace.spanId}-01`,
      tracestate: 'a=1',
      baggage: 'b=2',
    });
    expect(scope).toMatchObject({ requestId: 'mine:1', trace: { traceId, state: 'a=1', baggage: 'b=2' } });
  });

  it('tell browsers to be careful, unless that is off or the door knows better', async () => {
    await start({
      entry: {
        door: async ({ response }) => void response.writeHead(200, { 'X-Frame-Options': 'SAMEORIGIN' }).end(),
      },
    });
    const { headers } = await get('/');
    expect(headers).toMatchObject({ 'x-content-type-options': 'nosniff', 'x-frame-options': 'SAMEORIGIN' });
    expect(headers['strict-transport-security']).toBeUndefined();
    await server.close();
    await start({ server: { securityHeaders: false } });
    expect((await get('/')).headers['x-content-type-options']).toBeUndefined();
  });

  it('ask for https on https only', async () => {
    await start({ server: { trustedProxies: ['loopback'] } });
    const { headers } = await get('/', { 'x-forwarded-proto': 'https' });
    expect(headers['strict-transport-security']).toMatch(/^max-age=\d+$/);
  });
});

describe('deadline', () => {
  const never = () => new Promise<void>(() => {});

  it('answers 504 when the door does not, and stops its work', async () => {
    const clock = new FakeClock();
    await start({ clock, server: { requestTimeout: '2s' }, entry: { door: never } });
    const answer = get('/');
    await server.reached(1);
    expect(server.seen[0]?.scope.deadline).toBe(2000);
    clock.advance(1999);
    expect(server.aborted).toEqual([]);
    clock.advance(1);
    expect(server.aborted).toEqual(['DEADLINE_EXCEEDED']);
    clock.advance(GRACE);
    expect(JSON.parse((await answer).body)).toMatchObject({ status: 504, title: 'Gateway timeout' });
  });

  it('answers 408 when the client does not send the rest of its body', async () => {
    const clock = new FakeClock();
    await start({ clock, entry: { door: async ({ request: incoming }) => void incoming.resume() } });
    const socket = await openRaw(server.port);
    socket.write('POST / HTTP/1.1\r\nHost: a.test\r\nContent-Length: 100000\r\n\r\nx');
    await server.reached(1);
    clock.advance(60_000);
    const answer = parseAnswer(await readUntil(socket, '"requestId"'));
    expect(answer).toMatchObject({ status: 408, headers: { connection: 'close' } });
    expect(server.aborted).toEqual(['REQUEST_TIMEOUT']);
    socket.destroy();
  });

  it('does not cut an answer that has begun', async () => {
    const clock = new FakeClock();
    let more = () => {};
    const door: NonNullable<GuardedServerOptions['entry']>['door'] = async ({ response }) => {
      response.write('one ');
      await new Promise<void>((resolve) => {
        more = resolve;
      });
      response.end('two');
    };
    await start({ clock, entry: { door } });
    const answer = await request(server.url);
    clock.advance(600_000);
    more();
    expect(await answer.body.text()).toBe('one two');
    expect(server.aborted).toEqual([]);
  });

  it('of 0 is none', async () => {
    const clock = new FakeClock();
    await start({ clock, server: { requestTimeout: '0s' } });
    await get('/');
    expect(server.seen[0]?.scope.deadline).toBe(Number.POSITIVE_INFINITY);
    expect(clock.pending).toBe(0);
  });

  it('leaves no timer behind', async () => {
    const clock = new FakeClock();
    await start({ clock });
    await get('/');
    await server.log.ended(1);
    expect(clock.pending).toBe(0);
  });

  it('gives a head that does not come a 408', async () => {
    await start({ server: { requestTimeout: '250ms' } });
    expect(parseAnswer(await sendRaw(server.port, 'GET / HTTP/1.1\r\nHost: a')).status).toBe(408);
  });
});

describe('clients that leave', () => {
  it('stop the work done for them', async () => {
    await start({ entry: { door: () => new Promise<void>(() => {}) } });
    const socket = await openRaw(server.port);
    socket.write('GET / HTTP/1.1\r\nHost: a.test\r\n\r\n');
    await server.reached(1);
    socket.destroy();
    await server.log.ended(1);
    expect(server.aborted).toEqual(['CLIENT_CLOSED']);
    expect(server.log.requests()).toMatchObject([{ status: 499, aborted: true }]);
  });
});

describe('clients that do not read', () => {
  it('are left after a while', async () => {
    const door: NonNullable<GuardedServerOptions['entry']>['door'] = async ({ response }) => {
      response.end(Buffer.alloc(64 * 1024 ** 2));
    };
    await start({ server: { requestTimeout: '200ms' }, entry: { door } });
    const socket = await openRaw(server.port);
    socket.pause();
    socket.write('GET / HTTP/1.1\r\nHost: a.test\r\n\r\n');
    await server.log.ended(1);
    expect(server.log.requests()).toMatchObject([{ status: 200, aborted: true }]);
    expect(server.aborted).toEqual(['CLIENT_CLOSED']);
    socket.destroy();
  });

  it('are waited for if there is nothing to read', async () => {
    let go = () => {};
    const door: NonNullable<GuardedServerOptions['entry']>['door'] = async ({ response }) => {
      response.write('one ');
      go = () => void response.end('two');
    };
    await start({ server: { requestTimeout: '50ms' }, entry: { door } });
    const answer = await request(server.url);
    // Longer than the timeout, several times over.
    await new Promise((resolve) => setTimeout(resolve, 300));
    go();
    expect(await answer.body.text()).toBe('one two');
  });
});

describe('faults', () => {
  it('are a 500 without a word of what happened, and a line in the log with it', async () => {
    const door = async () => {
      throw new TypeError('secret detail');
    };
    await start({ entry: { door } });
    const answer = await get('/');
    expect(answer.status).toBe(500);
    expect(answer.body).not.toContain('secret');
    expect(server.log.lines).toContainEqual(
      expect.objectContaining({ level: 50, err: expect.objectContaining({ message: 'secret detail' }) }),
    );
  });

  it('of the renderer end the connection and not the process', async () => {
    const door = async () => {
      throw new Error('one');
    };
    const renderError = () => {
      throw new Error('two');
    };
    await start({ entry: { door, renderError } });
    expect(await sendRaw(server.port, 'GET / HTTP/1.1\r\nHost: a.test\r\n\r\n')).toBe('');
  });
});

describe('the access line', () => {
  it('has what an operator asks for, and no query', async () => {
    await start({ entry: { auth: 'optional' }, verify, server: { trustedProxies: ['loopback'] } });
    await get('/a%2Fb?token=hush', { authorization: 'Bearer good', 'x-forwarded-for': '203.0.113.9' });
    await server.log.ended(1);
    const [line] = server.log.requests();
    const scope = server.seen[0]?.scope;
    expect(line).toMatchObject({
      method: 'GET',
      path: '/a%2Fb',
      route: 'the only one',
      status: 200,
      duration: expect.any(Number),
      user: 'alice',
      ip: '203.0.113.9',
      requestId: scope?.requestId,
      traceId: scope?.trace.traceId,
    });
    expect(JSON.stringify(server.log.lines)).not.toContain('hush');
  });

  it('shows no query of a request that has no normal form either', async () => {
    await start();
    await get('/a//b?token=hush');
    await server.log.ended(1);
    expect(server.log.requests()).toMatchObject([{ path: '/a//b', status: 400 }]);
    expect(JSON.stringify(server.log.lines)).not.toContain('hush');
  });
});

describe('the end', () => {
  it('is announced on every connection, and after it nothing new is taken on', async () => {
    await start();
    server.phase = 'draining';
    expect(await get('/')).toMatchObject({ status: 200, headers: { connection: 'close' } });
    server.phase = 'stopping';
    const answer = await askRaw(server.port, 'GET / HTTP/1.1\r\nHost: a.test\r\n\r\n');
    expect(answer).toMatchObject({ status: 503, headers: { connection: 'close', 'retry-after': '1' } });
    expect(await readToEnd(await openRaw(server.port).then((socket) => socket.end()))).toBe('');
  });
});
