import { createPublicKey } from 'node:crypto';
import { decodeJwt, decodeProtectedHeader, type JSONWebKeySet, type JWK } from 'jose';
import { afterEach, describe, expect, it } from 'vitest';
import { type AccountClient, accountClient, PASSWORD, type Pair } from '../support/account-client.ts';
import { FakeClock } from '../support/fake-clock.ts';
import { startGateway, type TestGateway, type TestGatewayOptions } from '../support/gateway.ts';
import { type HttpService, json, startHttpService } from '../support/http-service.ts';
import { forgeToken, makeKeys, mintToken, TEST_SECRET } from '../support/token.ts';

const MINUTE = 60_000;

let gateway: TestGateway;
let client: AccountClient;
let service: HttpService | undefined;
afterEach(async () => {
  await gateway.close();
  await service?.close();
  service = undefined;
});

interface Start extends Partial<TestGatewayOptions> {
  readonly auth?: string;
  readonly more?: string;
}

async function start({ auth = '', more = '', ...options }: Start = {}): Promise<void> {
  gateway = await startGateway({
    config: `
auth:
  accounts: { enabled: true, registration: true }
${auth}
services: { echo: { urls: ['${service?.url ?? 'http://127.0.0.1:1'}'] } }
routes:
  - { path: /me, respond: { status: 200, body: yes } }
  - { path: /echo, service: echo }
${more}`,
    ...options,
  });
  client = accountClient(gateway.url);
}

const form = (fields: Record<string, string>) => new URLSearchParams(fields).toString();
const FORM = { 'content-type': 'application/x-www-form-urlencoded' };

describe('what is sent to the endpoints of accounts', () => {
  it('may be a form, as OAuth clients send it', async () => {
    await start();
    await client.post('/auth/register', form({ username: 'mei', password: PASSWORD }), FORM);

    const login = await client.post(
      '/auth/login',
      form({ grant_type: 'password', username: 'mei', password: PASSWORD }),
      FORM,
    );
    const pair = login.body as unknown as Pair;
    const refreshed = await client.post('/auth/refresh', form({ refresh_token: pair.refresh_token }), FORM);

    expect([login.status, refreshed.status]).toEqual([200, 200]);
  });

  it('is refused with all that is wrong with it', async () => {
    await start();
    const faults = async (body: unknown) => {
      const answer = await client.post('/auth/register', body);
      const errors = (answer.body?.errors ?? []) as { pointer: string; detail: string }[];
      return [answer.status, ...errors.map(({ pointer, detail }) => `${pointer} ${detail}`)];
    };

    expect(await faults({})).toEqual([400, '/username is required', '/password is required']);
    expect(await faults([])).toEqual([400, ' must be an object']);
    expect(await faults({ username: 1, password: null })).toEqual([
      400,
      '/username must be text',
      '/password must be text',
    ]);
    expect(await faults({ username: '-x', password: 'short' })).toEqual([
      400,
      '/username must begin and end with a letter or digit, and hold only these and . _ @ + -',
      '/password must have at least 8 characters',
    ]);
    expect(await faults({ username: 'mei.lin.1', password: 'MEI.LIN.1' })).toEqual([
      400,
      '/password must not be the username',
    ]);
    expect(await faults({ username: 'mei', password: PASSWORD, roles: ['admin'], id: '1' })).toEqual([
      400,
      '/id can not be chosen',
      '/roles can not be chosen',
    ]);
    expect(await faults({ username: 'mei', password: 'short', roles: ['admin'] })).toEqual([
      400,
      '/password must have at least 8 characters',
      '/roles can not be chosen',
    ]);
    expect((await client.tryLogin('mei')).status).toBe(401);
  });

  it('is refused if it is of another kind, twice there, broken or too large', async () => {
    await start();
    const login = (body: string, type: string) => client.post('/auth/login', body, { 'content-type': type });

    expect((await login('x', 'text/plain')).status).toBe(415);
    expect((await login('{"username":', 'application/json')).status).toBe(400);
    expect((await login('username=a&username=b&password=c', FORM['content-type'])).status).toBe(400);
    expect((await login(JSON.stringify({ username: 'x'.repeat(20_000) }), 'application/json')).status).toBe(
      413,
    );
    expect((await client.post('/auth/login')).status).toBe(400);
    expect((await client.post('/auth/refresh', { refresh_token: { a: 1 } })).status).toBe(400);
    const get = await client.get('/auth/login');
    expect([get.status, get.headers.allow]).toEqual([405, 'POST']);
  });

  it('is answered in the format of the configuration', async () => {
    await start({ more: 'server: { errors: { format: detail } }' });
    expect((await client.tryLogin('mei')).body).toEqual({ detail: 'Invalid username or password' });
    expect((await client.refresh('x')).body).toEqual({ detail: 'Invalid token' });
    expect((await client.get('/me')).body).toEqual({ detail: 'Authentication required' });
  });

  it('counts by the default limit, as routes do', async () => {
    await start({ more: 'limits: { default: { requests: 3, window: 1m, by: [ip], scope: route } }' });

    const answers = [];
    for (let i = 0; i < 4; i++) answers.push(await client.refresh('x'));

    expect(answers.map(({ status }) => status)).toEqual([401, 401, 401, 429]);
    expect(answers[0]?.headers['x-ratelimit-limit']).toBe('3');
    expect((await client.tryLogin('mei')).status).toBe(401);
  });

  it('is nowhere in the log, and neither is what it is answered with', async () => {
    const links: string[] = [];
    await start({ onSetupLink: (url) => links.push(url) });
    const secrets = [PASSWORD, 'another password of theirs', 'wrong and secret', 'unquoted'];
    await client.register('mei');
    const pair = await client.login('mei');
    await client.tryLogin('mei', 'wrong and secret');
    await client.tryLogin('nobody', 'wrong and secret');
    await client.post('/auth/login', `{"username":"mei","password":"${PASSWORD}`);
    const broken = await client.post('/auth/login', '{"username":"mei","password":unquoted-word}');
    expect(broken.body).toMatchObject({ status: 400, detail: 'The request body is not valid JSON' });
    const next = (await client.refresh(pair.refresh_token)).body as unknown as Pair;
    await client.refresh(pair.refresh_token);
    await client.status(next.access_token);
    await client.logout(next.access_token, next.refresh_token);
    await client.post('/auth/register', {
      username: 'short',
      password: 'another password of theirs',
      roles: 1,
    });
    const link = new URL(links[0] ?? '');
    await client.get(link.pathname + link.search);
    await gateway.log.ended(10);

    const log = JSON.stringify(gateway.log.lines);
    const tokens = [pair, next].flatMap(({ access_token, refresh_token }) => [access_token, refresh_token]);
    const parts = tokens.flatMap((token) => token.split('.').slice(1));
    for (const secret of [...secrets, ...tokens, ...parts, link.searchParams.get('token') ?? '?']) {
      expect(log).not.toContain(secret);
    }
    expect(log).toContain('account.reuse');
  });
});

describe('the caller that an access token names', () => {
  it('is a principal like any other, whatever claims other issuers use', async () => {
    service = await startHttpService((request, response, seen) =>
      json(request.headers)(request, response, seen),
    );
    await start({
      auth: `  claims: { id: uid, name: nick }
  jwt: [{ secret: '${TEST_SECRET}' }]
  forward: { X-User-ID: id, X-Username: name, X-Session: sid }`,
    });
    const id = (await client.register('mei')).body?.id;
    const { access_token } = await client.login('mei');

    const own = await client.get('/echo', access_token);
    const foreign = await client.get('/echo', await mintToken({ uid: 'u7', nick: 'kim' }));

    expect(own.body).toMatchObject({
      'x-user-id': id,
      'x-username': 'mei',
      'x-session': decodeJwt(access_token).sid,
    });
    expect(foreign.body).toMatchObject({ 'x-user-id': 'u7', 'x-username': 'kim' });
  });

  it('can not log out with what another issuer gave', async () => {
    await start({ auth: `  jwt: [{ secret: '${TEST_SECRET}' }]` });
    expect((await client.logout(await mintToken({ sub: 'u1', sid: 'x' }))).status).toBe(403);
  });

  it('is nobody by a token that somebody made up', async () => {
    await start({ auth: `  jwt: [{ secret: '${TEST_SECRET}', issuer: elsewhere }]` });
    await client.register('mei');
    const { access_token, refresh_token } = await client.login('mei');
    const claims = decodeJwt(access_token);
    const header = decodeProtectedHeader(access_token);
    const [head, body, signature] = access_token.split('.') as [string, string, string];
    const { keys } = (await client.get('/.well-known/jwks.json')).body as unknown as JSONWebKeySet;
    const publicKey = createPublicKey({ key: keys[0] as JWK & object, format: 'jwk' } as never);
    const pem = publicKey.export({ type: 'spki', format: 'pem' }).toString();
    const own = makeKeys('ec');
    const encode = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url');

    const forged: Record<string, string> = {
      'no signature': forgeToken({ ...header, alg: 'none' }, claims),
      'signature cut off': `${head}.${body}.`,
      'other claims, old signature': `${head}.${encode({ ...claims, roles: ['admin'] })}.${signature}`,
      'public key as a secret': await mintToken(claims, {
        key: pem,
        alg: 'HS256',
        header: { kid: header.kid },
      }),
      'public key as JSON as a secret': await mintToken(claims, {
        key: JSON.stringify(keys[0]),
        alg: 'HS256',
        header: { kid: header.kid },
      }),
      'the secret of another issuer': await mintToken(claims, { header: { kid: header.kid } }),
      'another key with our kid': await mintToken(claims, {
        key: own.privateKey,
        alg: 'ES256',
        header: { kid: header.kid },
      }),
      'another key with its own kid': await mintToken(claims, {
        key: own.privateKey,
        alg: 'ES256',
        header: { kid: 'other' },
      }),
      'another key in the header': await mintToken(claims, {
        key: own.privateKey,
        alg: 'ES256',
        header: { jwk: own.jwk, kid: header.kid },
      }),
      'another key without a kid': await mintToken(claims, { key: own.privateKey, alg: 'ES256' }),
      'a kid that is a path': await mintToken(claims, {
        key: own.privateKey,
        alg: 'ES256',
        header: { kid: '../../etc/passwd' },
      }),
      'a kid from the prototype': await mintToken(claims, {
        key: own.privateKey,
        alg: 'ES256',
        header: { kid: '__proto__' },
      }),
      'a refresh token': refresh_token,
    };
    for (const [name, token] of Object.entries(forged)) {
      expect((await client.get('/me', token)).status, name).toBe(401);
    }
    expect(await client.status(access_token)).toBe(200);
  });

  it('is known until the token expires, and no longer', async () => {
    const clock = new FakeClock();
    await start({ clock });
    await client.register('mei');
    const pair = await client.login('mei');

    clock.advance(29 * MINUTE);
    expect(await client.status(pair.access_token)).toBe(200);
    clock.advance(2 * MINUTE);
    const late = await client.get('/me', pair.access_token);

    expect(late.status).toBe(401);
    expect(late.body).toMatchObject({ detail: 'Token expired' });
    expect((await client.refresh(pair.refresh_token)).status).toBe(200);
  });

  it('can refresh for as long as refresh tokens live, each from when it was given', async () => {
    const clock = new FakeClock();
    await start({ clock });
    await client.register('mei');
    const first = await client.login('mei');
    const other = await client.login('mei');

    clock.advance(29 * 24 * 60 * MINUTE);
    const second = (await client.refresh(first.refresh_token)).body as unknown as Pair;
    clock.advance(2 * 24 * 60 * MINUTE);
    const late = await client.refresh(other.refresh_token);

    expect(late.status).toBe(401);
    expect(late.body).toMatchObject({ detail: 'Token expired' });
    expect((await client.refresh(second.refresh_token)).status).toBe(200);
  });
});

describe('guessing passwords', () => {
  it('ends after ten wrong ones for a name, whether there is such an account or not', async () => {
    const clock = new FakeClock();
    await start({ clock, more: 'limits: { default: { requests: 1000, window: 1m } }' });
    await client.register('mei');

    for (const name of ['mei', 'nobody']) {
      const answers = await Promise.all(
        Array.from({ length: 25 }, (_, i) => client.tryLogin(name, `guess ${i}`)),
      );
      const refused = answers.filter(({ status }) => status === 429);
      expect(answers.filter(({ status }) => status === 401)).toHaveLength(10);
      expect(refused).toHaveLength(15);
      expect(refused[0]?.headers['retry-after']).toBe('900');
      // Also where the endpoint has another limit, of which plenty is left.
      expect(refused[0]?.headers['x-ratelimit-remaining']).toBe('0');
      expect(refused[0]?.headers.ratelimit).toBe('"login";r=0;t=900');
      expect(refused[0]?.body).toMatchObject({ detail: 'Rate limit exceeded', retry_after: 900 });
    }
    // The right one is not even looked at, in whatever case the name is written.
    expect((await client.tryLogin('MEI')).status).toBe(429);
    expect((await client.tryLogin('other')).status).toBe(401);
    clock.advance(15 * MINUTE);
    expect((await client.tryLogin('mei')).status).toBe(200);
  });

  it('begins anew for a name that has logged in', async () => {
    await start();
    await client.register('mei');
    for (let round = 0; round < 3; round++) {
      for (let i = 0; i < 9; i++) expect((await client.tryLogin('mei', `guess ${i}`)).status).toBe(401);
      expect((await client.tryLogin('mei')).status).toBe(200);
    }
  });

  it('ends after fifty from one address, which locks nobody else out', async () => {
    const clock = new FakeClock();
    await start({ clock, more: 'server: { trustedProxies: [loopback] }' });
    await client.register('mei');
    const from = (ip: string, username: string, password: string) =>
      client.post('/auth/login', { username, password }, { 'x-forwarded-for': ip });

    const statuses: number[] = [];
    for (let i = 0; i < 55; i++) statuses.push((await from('203.0.113.9', `name${i}`, 'a guess')).status);
    for (let i = 0; i < 20; i++) await from('203.0.113.9', 'mei', `guess ${i}`);

    expect(statuses.filter((status) => status === 401)).toHaveLength(50);
    expect(statuses.slice(50)).toEqual([429, 429, 429, 429, 429]);
    expect((await from('203.0.113.9', 'mei', PASSWORD)).status).toBe(429);
    expect((await from('203.0.113.10', 'mei', PASSWORD)).status).toBe(200);
  });

  it('is not what those do who log in often from one address', async () => {
    await start();
    await client.register('mei');
    for (let i = 0; i < 60; i++) expect((await client.tryLogin('mei')).status).toBe(200);
  });

  it('is bounded for who registers name after name', async () => {
    await start();
    const answers = [];
    for (let i = 0; i < 22; i++) answers.push((await client.register(`name${i}`)).status);
    expect(answers.filter((status) => status === 201)).toHaveLength(20);
    expect(answers.slice(20)).toEqual([429, 429]);
  });
});

describe('the link that makes the first admin', () => {
  it('works for an hour', async () => {
    const clock = new FakeClock();
    const links: string[] = [];
    await start({ clock, onSetupLink: (url) => links.push(url) });
    await expect.poll(() => links.length).toBe(1);
    const { pathname, search, searchParams } = new URL(links[0] ?? '');

    clock.advance(59 * MINUTE);
    expect((await client.get(pathname + search)).status).toBe(200);
    clock.advance(2 * MINUTE);

    expect((await client.get(pathname + search)).status).toBe(404);
    const token = searchParams.get('token');
    expect((await client.post('/auth/setup', { token, username: 'root', password: PASSWORD })).status).toBe(
      404,
    );
  });

  it('is also for programs, and is not used up by a name that is taken', async () => {
    const links: string[] = [];
    await start({ onSetupLink: (url) => links.push(url) });
    await expect.poll(() => links.length).toBe(1);
    const token = new URL(links[0] ?? '').searchParams.get('token');
    await client.register('mei');
    const make = (username: string, password = PASSWORD) =>
      client.post('/auth/setup', { token, username, password });

    const taken = await make('mei');
    const weak = await make('root', 'short');
    const made = await make('root');

    expect([taken.status, weak.status, made.status]).toEqual([409, 400, 201]);
    expect(made.body).toEqual({ id: expect.any(String), username: 'root' });
    expect(decodeJwt((await client.login('root')).access_token).roles).toEqual(['admin']);
  });
});

describe('a reload', () => {
  it('changes lifetimes, prefix and registration, and leaves logins be', async () => {
    await start();
    await client.register('mei');
    const before = await client.login('mei');

    await gateway.reload({
      config: `
auth: { accounts: { enabled: true, prefix: /id/, accessTokenTtl: 90s } }
services: {}
routes: [{ path: /me, respond: { status: 200, body: yes } }]`,
    });
    const moved = accountClient(gateway.url, '/id');

    expect((await client.tryLogin('mei')).status).toBe(404);
    expect((await moved.register('ben')).status).toBe(404);
    expect((await moved.login('mei')).expires_in).toBe(90);
    expect(await moved.status(before.access_token)).toBe(200);
    expect((await moved.logout(before.access_token)).status).toBe(204);
    expect(await moved.status(before.access_token)).toBe(401);
  });
});
