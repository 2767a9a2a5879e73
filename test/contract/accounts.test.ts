import { createLocalJWKSet, decodeJwt, decodeProtectedHeader, type JSONWebKeySet, jwtVerify } from 'jose';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import {
  type AccountClient,
  type Answer,
  accountClient,
  PASSWORD,
  type Pair,
} from '../support/account-client.ts';
import { runHere } from '../support/command-line.ts';
import { type DatabaseServer, databaseKinds, newStorage } from '../support/database-kinds.ts';
import { startGateway, type TestGateway, type TestGatewayOptions } from '../support/gateway.ts';

describe.each(databaseKinds('accounts on PostgreSQL'))('accounts, $kind', (kind) => {
  describe.skipIf(kind.missing)('through the front door', () => {
    let server: DatabaseServer;
    let gateway: TestGateway;
    let client: AccountClient;

    beforeAll(async () => {
      server = await kind.start();
    });
    afterAll(() => server?.close());
    afterEach(() => gateway?.close());

    /** `storage` of a configuration with an empty database. */
    async function storage(): Promise<string> {
      const { database } = await newStorage(server);
      return database === '' ? '{}' : `{ database: '${database}' }`;
    }

    async function start(
      more = '',
      accounts = 'registration: true',
      options: Partial<TestGatewayOptions> = {},
    ): Promise<TestGateway> {
      gateway = await startGateway({
        config: `
storage: ${await storage()}
auth: { accounts: { enabled: true, ${accounts} } }
services: {}
routes:
  - { path: /me, respond: { status: 200, body: yes } }
  - { path: /admin, roles: [admin], respond: { status: 200, body: yes } }
  - { path: /write, scopes: ['posts:write'], respond: { status: 200, body: yes } }
${more}`,
        ...options,
      });
      client = accountClient(gateway.url);
      return gateway;
    }

    const portico = (...args: string[]) => runHere(args, gateway.folder);

    it('are registered, log in, and open routes with what they get', async () => {
      await start();

      const made = await client.register('mei');
      const pair = await client.login('mei');

      expect(made.status).toBe(201);
      expect(made.body).toEqual({ id: expect.stringMatching(/^[0-9a-f-]{36}$/), username: 'mei' });
      expect(made.headers['cache-control']).toBe('no-store');
      expect(Object.keys(pair).sort()).toEqual(['access_token', 'expires_in', 'refresh_token', 'token_type']);
      expect([pair.token_type, pair.expires_in]).toEqual(['Bearer', 1800]);
      expect(await client.status(pair.access_token)).toBe(200);
      expect(await client.status(pair.access_token, '/admin')).toBe(403);
      expect((await client.get('/me')).status).toBe(401);
    });

    it('have tokens that say who, and since and until when', async () => {
      await start('', 'registration: true, accessTokenTtl: 5m');
      const id = (await client.register('mei')).body?.id;

      const { access_token, expires_in } = await client.login('mei');
      const claims = decodeJwt(access_token);

      expect(expires_in).toBe(300);
      expect(claims).toMatchObject({ iss: 'portico', sub: id, username: 'mei', roles: [] });
      expect(claims.jti).toMatch(/^[0-9a-f-]{36}$/);
      expect((claims.exp ?? 0) - (claims.iat ?? 0)).toBe(300);
      expect(claims.aud).toBeUndefined();
    });

    it('have names that are one whatever their case, and keep what else they were given', async () => {
      await start();

      const first = await client.post('/auth/register', {
        username: 'Mei.Lin',
        password: PASSWORD,
        email: 'mei@example.test',
      });
      const second = await client.register('mEI.lin');
      const listed = JSON.parse((await portico('account', 'list', '--json')).stdout);

      expect([first.status, second.status]).toEqual([201, 409]);
      expect(second.body).toMatchObject({ detail: 'The username is taken', status: 409 });
      expect(listed).toMatchObject([
        { username: 'Mei.Lin', profile: { email: 'mei@example.test' }, roles: [] },
      ]);
      expect(JSON.stringify(listed)).not.toContain('argon2');
      expect((await client.tryLogin('MEI.LIN')).status).toBe(200);
    });

    it('can be made by one of many who ask for the same name at once', async () => {
      await start();

      const answers = await Promise.all(Array.from({ length: 8 }, () => client.register('mei')));

      expect(answers.map(({ status }) => status).sort()).toEqual([201, ...Array(7).fill(409)]);
    });

    it('refresh, and a token that was used ends all of its family', async () => {
      await start();
      await client.register('mei');
      const first = await client.login('mei');
      const other = await client.login('mei');

      const second = await client.refresh(first.refresh_token);
      const { access_token, refresh_token } = second.body as unknown as Pair;

      expect(second.status).toBe(200);
      expect(await client.status(access_token)).toBe(200);
      expect(await client.status(first.access_token)).toBe(200);

      const stolen = await client.refresh(first.refresh_token);

      expect(stolen.status).toBe(401);
      expect(stolen.body).toMatchObject({ detail: 'Invalid token' });
      expect((await client.refresh(refresh_token)).status).toBe(401);
      expect(await client.status(access_token)).toBe(401);
      expect(await client.status(first.access_token)).toBe(401);
      // Another login of the same user is another family.
      expect(await client.status(other.access_token)).toBe(200);
      expect((await client.refresh(other.refresh_token)).status).toBe(200);
    });

    it('refresh once, however many try at the same time', async () => {
      await start();
      await client.register('mei');
      const { refresh_token } = await client.login('mei');

      const answers = await Promise.all(Array.from({ length: 10 }, () => client.refresh(refresh_token)));
      const won = answers.filter(({ status }) => status === 200);

      expect(won).toHaveLength(1);
      expect(answers.filter(({ status }) => status === 401)).toHaveLength(9);
      // Nobody can tell who of them is the thief.
      expect(await client.status((won[0] as Answer).body?.access_token as string)).toBe(401);
    });

    it('log out of everything that came of the login', async () => {
      await start();
      await client.register('mei');
      const first = await client.login('mei');
      const second = (await client.refresh(first.refresh_token)).body as unknown as Pair;

      const answer = await client.logout(second.access_token, second.refresh_token);

      expect([answer.status, answer.text]).toEqual([204, '']);
      expect(await client.status(first.access_token)).toBe(401);
      expect(await client.status(second.access_token)).toBe(401);
      expect((await client.refresh(second.refresh_token)).status).toBe(401);
      expect((await client.logout(second.access_token)).status).toBe(401);
    });

    it('log out without naming the refresh token, and of another login by naming its token', async () => {
      await start();
      await client.register('mei');
      const one = await client.login('mei');
      const two = await client.login('mei');
      const three = await client.login('mei');

      expect((await client.logout(one.access_token)).status).toBe(204);
      expect((await client.refresh(one.refresh_token)).status).toBe(401);

      expect((await client.logout(two.access_token, three.refresh_token)).status).toBe(204);
      expect(await client.status(two.access_token)).toBe(401);
      expect(await client.status(three.access_token)).toBe(401);
      expect((await client.post('/auth/logout')).status).toBe(401);
    });

    it('can be ended by nobody who knows a family but has none of its tokens', async () => {
      await start();
      await client.register('mei');
      const pair = await client.login('mei');
      const { sid } = decodeJwt(pair.access_token);
      const [, secret, proof] = pair.refresh_token.split('.');
      const swapped = `${secret?.slice(1)}${secret?.[0]}`;

      for (const made of [
        `${sid}.${'A'.repeat(43)}.${'A'.repeat(43)}`,
        `${sid}.${swapped}.${proof}`,
        `${sid}.${proof}.${secret}`,
        pair.access_token,
        '',
        'x',
      ]) {
        expect((await client.refresh(made)).status, made).toBe(made === '' ? 400 : 401);
      }

      expect(await client.status(pair.access_token)).toBe(200);
      expect((await client.refresh(pair.refresh_token)).status).toBe(200);
    });

    it('that are disabled, changed or removed lose their logins at once', async () => {
      await start();
      for (const name of ['ada', 'ben', 'cem', 'dia']) await client.register(name);
      const before = {
        ada: await client.login('ada'),
        ben: await client.login('ben'),
        cem: await client.login('cem'),
      };
      const unchanged = await client.login('dia');

      await portico('account', 'disable', '--username', 'ada');
      await portico('account', 'roles', '--username', 'ben', '--roles', 'admin', '--scopes', 'posts:write');
      await portico('account', 'remove', '--username', 'cem');
      // Another process did it, and this gateway asks once a second who has ended.
      await expect.poll(() => client.status(before.cem.access_token)).toBe(401);

      for (const { access_token, refresh_token } of Object.values(before)) {
        expect(await client.status(access_token)).toBe(401);
        expect((await client.refresh(refresh_token)).status).toBe(401);
      }
      expect((await client.tryLogin('ada')).status).toBe(401);
      expect((await client.tryLogin('cem')).status).toBe(401);
      const ben = await client.login('ben');
      expect(await client.status(ben.access_token, '/admin')).toBe(200);
      expect(await client.status(ben.access_token, '/write')).toBe(200);
      expect(await client.status(unchanged.access_token)).toBe(200);

      await portico('account', 'enable', '--username', 'ada');
      expect((await client.tryLogin('ada')).status).toBe(200);
    });

    it('answer the same to a wrong password, an unknown name and a disabled account', async () => {
      await start();
      await client.register('mei');
      await client.register('old');
      await portico('account', 'disable', '--username', 'old');

      const answers = await Promise.all([
        client.tryLogin('mei', 'not this one'),
        client.tryLogin('nobody'),
        client.tryLogin('old'),
        client.tryLogin('a name that nobody could ever have'),
      ]);
      const shown = answers.map(({ status, body, headers }) => [
        status,
        { ...body, requestId: '' },
        headers['www-authenticate'],
        headers['cache-control'],
      ]);

      expect(answers[0]?.status).toBe(401);
      expect(answers[0]?.body).toMatchObject({ detail: 'Invalid username or password' });
      for (const other of shown) expect(other).toEqual(shown[0]);
    });

    it('are called nothing that a database could not hold', async () => {
      await start();
      for (const name of ['a\u0000b', '\u0000', '\ud800', "x' or '1'='1", 'x'.repeat(10_000)]) {
        expect((await client.register(name)).status, name).toBe(400);
        expect((await client.tryLogin(name)).status, name).toBe(401);
      }
      const odd = { username: 'mei', password: 'NUL \u0000 inside', note: '\u0000', __proto__: null };
      expect((await client.post('/auth/register', odd)).status).toBe(201);
      expect((await client.tryLogin('mei', 'NUL \u0000 inside')).status).toBe(200);
      expect((await client.tryLogin('mei', 'NUL ')).status).toBe(401);
    });

    it('publish keys by which others verify their tokens, through a rotation too', async () => {
      await start();
      await client.register('mei');
      const before = await client.login('mei');
      const verify = async (token: string) => {
        const keys = (await client.get('/.well-known/jwks.json')).body as unknown as JSONWebKeySet;
        return jwtVerify(token, createLocalJWKSet(keys), { issuer: 'portico', algorithms: ['ES256'] });
      };

      const { headers, body } = await client.get('/.well-known/jwks.json');
      await verify(before.access_token);
      const { code, stdout } = await portico('signing-key', 'rotate');
      const after = await client.login('mei');

      expect(headers['content-type']).toBe('application/jwk-set+json');
      expect(((body?.keys ?? []) as object[]).map((key) => Object.keys(key).sort())).toEqual([
        ['alg', 'crv', 'kid', 'kty', 'use', 'x', 'y'],
      ]);
      expect(code).toBe(0);
      const kid = decodeProtectedHeader(after.access_token).kid;
      expect(stdout).toBe(`${kid} signs from now on\n`);
      expect(kid).not.toBe(decodeProtectedHeader(before.access_token).kid);
      expect(await client.status(before.access_token)).toBe(200);
      expect(await client.status(after.access_token)).toBe(200);
      await expect.poll(() => verify(after.access_token).then(() => 'good', String)).toBe('good');
      await verify(before.access_token);
    });

    it('have a first admin, made once by whoever has the printed link', async () => {
      const links: string[] = [];
      await start('', 'registration: false', { onSetupLink: (url) => links.push(url) });
      await expect.poll(() => links.length).toBe(1);
      const link = new URL(links[0] ?? '');
      const token = link.searchParams.get('token') ?? '';
      const form = (username: string, password: string, given = token) =>
        client.post('/auth/setup', new URLSearchParams({ token: given, username, password }).toString(), {
          'content-type': 'application/x-www-form-urlencoded',
        });

      const page = await client.get(link.pathname + link.search);
      const short = await form('"><script>x</script>', 'short');
      const answers = await Promise.all([form('root', PASSWORD), form('other', PASSWORD)]);
      const [status] = answers.map((answer) => answer.status).sort();
      const name = answers[0]?.status === 201 ? 'root' : 'other';

      expect(link.origin).toBe(gateway.url);
      expect(page.status).toBe(200);
      expect(page.text).toContain(`value="${token}"`);
      expect(page.headers['content-security-policy']).toContain("default-src 'none'");
      expect(page.headers['referrer-policy']).toBe('no-referrer');
      expect(page.headers['cache-control']).toBe('no-store');
      expect(short.status).toBe(400);
      expect(short.text).toContain('at least 8 characters');
      expect(short.text).not.toContain('<script>');
      expect(status).toBe(201);
      expect(answers.map((answer) => answer.status).sort()).toEqual([201, 404]);
      expect((await client.get(link.pathname + link.search)).status).toBe(404);
      expect((await form('third', PASSWORD)).status).toBe(404);
      const { access_token } = await client.login(name);
      expect(await client.status(access_token, '/admin')).toBe(200);
      expect((await client.register('mei')).status).toBe(404);
    });

    it('have no link once somebody is admin, and none that was there before works', async () => {
      const links: string[] = [];
      await start('', 'registration: false', { onSetupLink: (url) => links.push(url) });
      await expect.poll(() => links.length).toBe(1);
      const { pathname, search } = new URL(links[0] ?? '');
      expect((await client.get(pathname + search)).status).toBe(200);
      expect((await client.get(`${pathname}?token=${'A'.repeat(43)}`)).status).toBe(404);
      expect((await client.get(pathname)).status).toBe(404);
      expect((await client.post('/auth/setup', { username: 'x', password: PASSWORD })).status).toBe(404);

      const { stdin } = process;
      Object.defineProperty(process, 'stdin', { value: [`${PASSWORD}\n`], configurable: true });
      const made = await portico(
        'account',
        'create',
        '--username',
        'root',
        '--roles',
        'admin',
        '--password-stdin',
      );
      Object.defineProperty(process, 'stdin', { value: stdin, configurable: true });

      expect(made.stderr).toBe('');
      expect(made.stdout).toMatch(/^made root /);
      expect((await client.get(pathname + search)).status).toBe(404);
      expect(await client.status((await client.login('root')).access_token, '/admin')).toBe(200);
    });
  });
});
