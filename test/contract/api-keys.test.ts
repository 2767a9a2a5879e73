import { request } from 'undici';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { MOST_KEYS } from '../../src/identity/api-key/api-keys.ts';
import { FRESH_FOR } from '../../src/identity/api-key/verify-key.ts';
import { runHere } from '../support/command-line.ts';
import {
  type DatabaseKind,
  type DatabaseServer,
  databaseKinds,
  newStorage,
} from '../support/database-kinds.ts';
import { FakeClock } from '../support/fake-clock.ts';
import { startGateway, type TestGateway } from '../support/gateway.ts';
import { type HttpService, startHttpService } from '../support/http-service.ts';
import { askRaw } from '../support/raw-http.ts';
import { mintToken, TEST_SECRET } from '../support/token.ts';

const INTERNAL = 'internal-key-0123456789';

const SDL = `
extend schema
  @link(url: "https://specs.apollo.dev/connect/v0.4", import: ["@source", "@connect"])
type Query {
  caller: String @connect(http: { GET: "SERVICE/caller" }, selection: "$context.user.id")
  key: String @connect(http: { GET: "SERVICE/key" }, selection: "$context.user.claims.key_name") @authenticated
  scoped: String @connect(http: { GET: "SERVICE/scoped" }, selection: "$('yes')")
    @requiresScopes(scopes: [["read", "write"], ["all"]])
  ruled: String @connect(http: { GET: "SERVICE/ruled" }, selection: "$('yes')") @requiresRoles(roles: ["editor", "chief"])
}
`;

function config(storage: object, service: string, more = ''): string {
  return `
storage: ${JSON.stringify(storage)}
server: { errors: { format: error } }
auth:
  jwt: [{ secret: ${JSON.stringify(TEST_SECRET)} }]
  forward: { X-User-ID: id, X-Username: name, X-Roles: roles, X-Key: key_id }
  apiKeys: { enabled: true }
  serviceKeys: { keys: [${INTERNAL}] }
${more}
services: { users: { urls: ['${service}'] } }
routes:
  - { path: /users/*, service: users }
  - { path: /public/*, service: users, auth: optional }
  - { path: /open/*, service: users, auth: none }
  - { path: /internal/*, service: users, auth: service }
  - { path: /editors, service: users, roles: [chief, editor] }
  - { path: /readers, service: users, scopes: [all, read] }
  - path: /mapped
    service: users
    response: { body: '{ user: $user { id name scopes } }' }
graphql: { auth: optional }
`;
}

interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  // What a test looks into is its own business.
  readonly body: never;
  readonly text: string;
}

interface Key {
  readonly id: string;
  readonly key: string;
}

describe.each(databaseKinds('API keys'))('API keys, $kind', (kind: DatabaseKind) => {
  describe.skipIf(kind.missing)('through the front door', () => {
    let server: DatabaseServer;
    let service: HttpService;
    let clock: FakeClock;
    let gateways: TestGateway[] = [];

    beforeAll(async () => {
      server = await kind.start();
      service = await startHttpService();
    });
    beforeEach(() => {
      clock = new FakeClock();
    });
    afterAll(async () => {
      await service?.close();
      await server?.close();
    });
    afterEach(async () => {
      await Promise.all(gateways.map((gateway) => gateway.close()));
      gateways = [];
      service.requests.length = 0;
    });

    async function start(storage?: object, more?: string): Promise<TestGateway> {
      const gateway = await startGateway({
        config: config(storage ?? (await newStorage(server)), service.url, more),
        sdl: SDL.replaceAll('SERVICE', service.url),
        clock,
      });
      gateways.push(gateway);
      return gateway;
    }

    async function ask(
      gateway: TestGateway,
      path: string,
      headers: Record<string, string> = {},
      send: { method?: 'GET' | 'POST' | 'DELETE'; body?: unknown } = {},
    ): Promise<Answer> {
      const { method = send.body === undefined ? 'GET' : 'POST', body } = send;
      const answer = await request(gateway.url + path, {
        method,
        headers: { ...headers, ...(body === undefined ? {} : { 'content-type': 'application/json' }) },
        body: body === undefined ? null : JSON.stringify(body),
      });
      const text = await answer.body.text();
      const isJson = text !== '' && String(answer.headers['content-type']).includes('json');
      return {
        status: answer.statusCode,
        headers: answer.headers,
        text,
        body: (isJson ? JSON.parse(text) : {}) as never,
      };
    }

    async function bearer(claims: object): Promise<Record<string, string>> {
      return { authorization: `Bearer ${await mintToken({ ...claims }, { wall: clock.wall() })}` };
    }

    /** Ann, who may do this and that. */
    const ann = () =>
      bearer({ sub: 'ann', username: 'Ann', roles: ['editor', 'reader'], scope: 'read write' });
    const admin = () => bearer({ sub: 'root', roles: ['admin'] });

    async function make(gateway: TestGateway, body: object = {}, who = ann()): Promise<Key> {
      const answer = await ask(gateway, '/auth/keys', await who, { body: { name: 'a key', ...body } });
      expect(answer).toMatchObject({ status: 201 });
      return answer.body;
    }

    const withKey = ({ key }: Key) => ({ 'x-api-key': key });

    it('are made by users, told once, and never kept as they are', async () => {
      const gateway = await start();
      const made = await ask(gateway, '/auth/keys', await ann(), {
        body: { name: 'export', roles: ['reader'], scopes: ['read'], expires_in: '30d' },
      });
      expect(made.status).toBe(201);
      expect(made.headers['cache-control']).toBe('no-store');
      const { key, ...shown } = made.body as { key: string; id: string };
      expect(key).toMatch(/^portico_[0-9a-z]{12}_[0-9A-Za-z]{49}$/);
      expect(shown).toEqual({
        id: key.split('_')[1],
        prefix: `portico_${shown.id}`,
        name: 'export',
        owner: 'ann',
        roles: ['reader'],
        scopes: ['read'],
        limit: null,
        created_at: '2026-01-01T00:00:00.000Z',
        expires_at: '2026-01-31T00:00:00.000Z',
        last_used_at: null,
        revoked_at: null,
      });
      const list = await ask(gateway, '/auth/keys', await ann());
      expect(list.body).toEqual([shown]);
      const secret = key.split('_')[2] as string;
      expect(list.text + JSON.stringify(gateway.log.lines)).not.toContain(secret);
    });

    it('stand for their owner, and are not passed on under any name', async () => {
      const gateway = await start();
      const key = await make(gateway, { roles: ['reader'] });
      const answer = await ask(gateway, '/users/1', {
        ...withKey(key),
        x_api_key: key.key,
        'x-user-id': 'somebody else',
        x_key: 'another',
        'x-internal_service-key': 'a guess',
      });
      expect(answer.status).toBe(200);
      const { headers, rawHeaders } = service.requests[0] as HttpService['requests'][0];
      expect(headers).toMatchObject({
        'x-user-id': 'ann',
        'x-username': 'Ann',
        'x-roles': 'reader',
        'x-key': key.id,
      });
      expect(rawHeaders.join()).not.toContain(key.key);
      expect(rawHeaders.join()).not.toMatch(/api.key|service.key/i);
      await gateway.log.ended(2);
      expect(gateway.log.requests().at(-1)).toMatchObject({ user: 'ann', status: 200 });
    });

    it('open GraphQL by POST and GET, and are who mappings see', async () => {
      const gateway = await start();
      const key = await make(gateway, { name: 'robot' });
      const query = '{ caller key }';
      const expected = { data: { caller: 'ann', key: 'robot' } };
      // The second time the operation is known.
      for (let i = 0; i < 2; i++) {
        expect((await ask(gateway, '/graphql', withKey(key), { body: { query } })).body).toEqual(expected);
        const get = await ask(gateway, `/graphql?query=${encodeURIComponent(query)}`, withKey(key));
        expect(get.body).toEqual(expected);
      }
      expect((await ask(gateway, '/mapped', withKey(key))).body).toEqual({
        user: { id: 'ann', name: 'Ann', scopes: [] },
      });
      const none = await ask(gateway, '/graphql', {}, { body: { query: '{ caller key }' } });
      expect(none.body).toMatchObject({
        data: { caller: null, key: null },
        errors: [{ path: ['key'], extensions: { code: 'UNAUTHENTICATED' } }],
      });
    });

    it('hold the roles and scopes that they were given, and no others of their owner', async () => {
      const gateway = await start();
      const bare = await make(gateway);
      const editor = await make(gateway, { roles: ['editor'] });
      const reader = await make(gateway, { scopes: ['read'] });
      const writer = await make(gateway, { scopes: ['read', 'write'] });
      for (const [path, key, status] of [
        ['/editors', bare, 403],
        ['/editors', editor, 200],
        ['/readers', bare, 403],
        ['/readers', reader, 200],
      ] as const) {
        expect(await ask(gateway, path, withKey(key))).toMatchObject({ status });
      }
      const fields = async (key: Key) => {
        const answer = await ask(gateway, '/graphql', withKey(key), { body: { query: '{ scoped ruled }' } });
        return (answer.body as { data: object }).data;
      };
      expect(await fields(bare)).toEqual({ scoped: null, ruled: null });
      expect(await fields(reader)).toEqual({ scoped: null, ruled: null });
      expect(await fields(writer)).toEqual({ scoped: 'yes', ruled: null });
      expect(await fields(editor)).toEqual({ scoped: null, ruled: 'yes' });
    });

    it('cannot be given what their maker lacks', async () => {
      const gateway = await start();
      for (const body of [
        { roles: ['admin'] },
        { roles: ['editor', 'chief'] },
        { scopes: ['read', 'all'] },
        { limit: { requests: 1_000_000, window: '1s' } },
      ]) {
        const answer = await ask(gateway, '/auth/keys', await ann(), { body: { name: 'more', ...body } });
        expect(answer).toMatchObject({ status: 403, body: { error: 'Forbidden' } });
      }
      expect((await ask(gateway, '/auth/keys', await ann())).body).toEqual([]);
    });

    it('are no proof for making, listing or ending keys; nor are internal ones', async () => {
      const gateway = await start();
      const key = await make(gateway);
      for (const headers of [withKey(key), { 'x-internal-service-key': INTERNAL }]) {
        expect(await ask(gateway, '/auth/keys', headers)).toMatchObject({ status: 403 });
        expect(await ask(gateway, '/auth/keys', headers, { body: { name: 'n' } })).toMatchObject({
          status: 403,
        });
        expect(await ask(gateway, `/auth/keys/${key.id}`, headers, { method: 'DELETE' })).toMatchObject({
          status: 403,
        });
      }
      expect(await ask(gateway, '/auth/keys')).toMatchObject({ status: 401 });
    });

    it.each([
      [{}, 400],
      [[], 400],
      [{ name: '' }, 400],
      [{ name: 'two\nlines' }, 400],
      [{ name: 'x'.repeat(101) }, 400],
      [{ name: 'n', owner: 'somebody else' }, 400],
      [{ name: 'n', roles: 'editor' }, 400],
      [{ name: 'n', roles: ['editor', 'editor'] }, 400],
      [{ name: 'n', expires_in: 'soon' }, 400],
      [{ name: 'n', expires_in: '0s' }, 400],
      [{ name: 'n', expires_in: `${'9'.repeat(300)}d` }, 400],
    ])('are not made of %j', async (body, status) => {
      const gateway = await start();
      expect(await ask(gateway, '/auth/keys', await ann(), { body })).toMatchObject({ status });
    });

    it('are so many at the most for one owner', async () => {
      const gateway = await start();
      const who = ann();
      const first = await make(gateway, {}, who);
      await ask(gateway, `/auth/keys/${first.id}`, await who, { method: 'DELETE' });
      for (let i = 1; i < MOST_KEYS; i++) await make(gateway, {}, who);
      const more = await ask(gateway, '/auth/keys', await ann(), { body: { name: 'one more' } });
      expect(more).toMatchObject({
        status: 409,
        body: { error: `You have ${MOST_KEYS} keys; revoke those that you do not use` },
      });
      await make(gateway, {}, bearer({ sub: 'bob' }));
    });

    it('end when they are revoked, at once, by their owner or an admin', async () => {
      const gateway = await start();
      const [one, two] = [await make(gateway), await make(gateway)];
      for (const key of [one, two])
        expect(await ask(gateway, '/users/1', withKey(key))).toMatchObject({ status: 200 });
      const remove = async (id: string, who: Promise<Record<string, string>>) =>
        (await ask(gateway, `/auth/keys/${id}`, await who, { method: 'DELETE' })).status;

      expect(await remove(one.id, bearer({ sub: 'mallory' }))).toBe(404);
      expect(await remove(one.id, ann())).toBe(204);
      expect(await remove(one.id, ann())).toBe(404);
      expect(await remove(two.id, admin())).toBe(204);
      expect(await remove("x' or 1=1 --", admin())).toBe(404);
      for (const key of [one, two]) {
        const answer = await ask(gateway, '/users/1', withKey(key));
        expect(answer).toMatchObject({ status: 401, body: { error: 'Invalid token' } });
        expect(answer.headers['www-authenticate']).toBe(
          'Bearer realm="portico", ApiKey realm="portico", header="X-API-Key"',
        );
      }
      expect((await ask(gateway, '/auth/keys', await ann())).body).toMatchObject([
        { revoked_at: expect.any(String) },
        { revoked_at: expect.any(String) },
      ]);
    });

    it('are listed for their owner, and all of them for an admin', async () => {
      const gateway = await start();
      await make(gateway);
      await make(gateway, {}, bearer({ sub: 'bob' }));
      const owners = async (who: Promise<Record<string, string>>) =>
        ((await ask(gateway, '/auth/keys', await who)).body as { owner: string }[])
          .map(({ owner }) => owner)
          .sort();
      expect(await owners(ann())).toEqual(['ann']);
      expect(await owners(bearer({ sub: 'bob' }))).toEqual(['bob']);
      expect(await owners(bearer({ sub: 'carol' }))).toEqual([]);
      expect(await owners(admin())).toEqual(['ann', 'bob']);
    });

    it('expire when they were told to', async () => {
      const gateway = await start();
      const key = await make(gateway, { expires_in: '10s' });
      await clock.pass(9_999);
      expect(await ask(gateway, '/users/1', withKey(key))).toMatchObject({ status: 200 });
      await clock.pass(1);
      const answer = await ask(gateway, '/users/1', withKey(key));
      expect(answer).toMatchObject({ status: 401, body: { error: 'Token expired' } });
    });

    it('have a limit of their own, if an admin says so', async () => {
      const gateway = await start();
      const key = await make(gateway, { limit: { requests: 2, window: '1m' } }, admin());
      const statuses = [];
      for (let i = 0; i < 3; i++) statuses.push((await ask(gateway, '/users/1', withKey(key))).status);
      expect(statuses).toEqual([200, 200, 429]);
      expect(await ask(gateway, '/users/1', withKey(await make(gateway)))).toMatchObject({ status: 200 });
    });

    it('tell when they were last used, to the minute', async () => {
      const gateway = await start();
      const key = await make(gateway);
      const lastUse = async () => {
        const { body } = await ask(gateway, '/auth/keys', await ann());
        return (body as { last_used_at: string | null }[])[0]?.last_used_at;
      };
      // It is written beside the requests.
      const written = async (expected: number) => {
        await clock.pass(1000);
        await vi.waitFor(async () => expect(await lastUse()).toBe(new Date(expected).toISOString()));
      };
      expect(await lastUse()).toBeNull();
      await ask(gateway, '/users/1', withKey(key));
      const first = clock.wall() + 1000;
      await written(first);
      await clock.pass(30_000);
      await ask(gateway, '/users/1', withKey(key));
      await written(first);
      await clock.pass(60_000);
      await ask(gateway, '/users/1', withKey(key));
      await written(clock.wall() + 1000);
    });

    it('end in other processes within seconds', async () => {
      const storage = await newStorage(server);
      const [here, there] = [await start(storage), await start(storage)];
      const key = await make(here);
      for (const gateway of [here, there])
        expect(await ask(gateway, '/users/1', withKey(key))).toMatchObject({ status: 200 });
      expect(await ask(here, `/auth/keys/${key.id}`, await ann(), { method: 'DELETE' })).toMatchObject({
        status: 204,
      });
      expect(await ask(here, '/users/1', withKey(key))).toMatchObject({ status: 401 });
      expect(await ask(there, '/users/1', withKey(key))).toMatchObject({ status: 200 });
      await clock.pass(FRESH_FOR);
      expect(await ask(there, '/users/1', withKey(key))).toMatchObject({ status: 401 });
    });

    it('go on as they were after a reload, and stop where they are switched off', async () => {
      const storage = await newStorage(server);
      const gateway = await start(storage);
      const key = await make(gateway);
      await gateway.reload({
        config: config(storage, service.url).replace('enabled: true', 'enabled: true '),
      });
      expect(await ask(gateway, '/users/1', withKey(key))).toMatchObject({ status: 200 });
      await gateway.reload({
        config: config(storage, service.url).replace('enabled: true', 'enabled: false'),
      });
      expect(await ask(gateway, '/users/1', withKey(key))).toMatchObject({ status: 401 });
      expect(await ask(gateway, '/auth/keys', await ann())).toMatchObject({ status: 404 });
    });

    it('are looked at by their own header, once, and alone', async () => {
      const gateway = await start();
      const key = await make(gateway);
      const both = await ask(gateway, '/users/1', { ...withKey(key), ...(await ann()) });
      expect(both).toMatchObject({ status: 400 });
      expect(await ask(gateway, '/public/1', { ...withKey(key), ...(await ann()) })).toMatchObject({
        status: 400,
      });
      const raw = (lines: string, path = '/users/1') =>
        askRaw(gateway.port, `GET ${path} HTTP/1.1\r\nHost: a\r\nConnection: close\r\n${lines}\r\n\r\n`);
      for (const [lines, status] of [
        [`X-API-Key: ${key.key}`, 200],
        [`x-api-KEY:${key.key}  `, 200],
        [`X-API-Key: ${key.key}\r\nConnection: X-API-Key`, 200],
        [`X-API-Key: ${key.key}\r\nX-API-Key: ${key.key}`, 400],
        [`X-API-Key: ${key.key}\r\nx-api-key: other`, 400],
        [`X-API-Key: ${key.key}\r\nX_API_Key: other`, 200],
        [`X_API_Key: ${key.key}`, 401],
        [`X-API-Key: ${key.key}, ${key.key}`, 401],
        [`X-API-Key: Bearer ${key.key}`, 401],
        [`X-API-Key: ${key.key.toLowerCase()}`, 401],
        [`X-API-Key: ${key.key.slice(0, -1)}`, 401],
        [`X-API-Key: ${key.key}%00`, 401],
        ['X-API-Key: ', 401],
        ['X-API-Key: portico_\u00e9', 401],
        [`X-API-Key: ${'a'.repeat(8000)}`, 401],
        [`Authorization: Bearer ${key.key}`, 401],
        [`Authorization: Basic ${key.key}`, 401],
        [`Authorization: ApiKey ${key.key}`, 401],
        [`Cookie: X-API-Key=${key.key}`, 401],
      ] as const) {
        expect([lines, (await raw(lines)).status]).toEqual([lines, status]);
      }
      // Where a proof is not needed, one that is there must be good as well; where none is looked at, it is not seen.
      expect((await raw('X-API-Key: nonsense', '/public/1')).status).toBe(401);
      expect((await raw('X-API-Key: nonsense\r\nX-API-Key: more', '/open/1')).status).toBe(200);
      expect(service.requests.flatMap(({ rawHeaders }) => rawHeaders).join()).not.toMatch(/api.key/i);
      expect((await ask(gateway, `/users/1?X-API-Key=${key.key}&api_key=${key.key}`)).status).toBe(401);
    });

    // The embedded one is a file, which is never away.
    if (kind.kind === 'postgres') {
      it('work for as long as they are known while the database is away, and nobody is told that they are bad', async () => {
        const { postgres } = server;
        if (postgres === undefined) throw new Error('there is no server');
        const gateway = await start();
        const [known, other] = [await make(gateway), await make(gateway)];
        const status = async (key: Key) => (await ask(gateway, '/users/1', withKey(key))).status;
        expect(await status(known)).toBe(200);
        await postgres.stop();
        try {
          expect(await status(known)).toBe(200);
          const away = await ask(gateway, '/users/1', withKey(other));
          expect(away).toMatchObject({ status: 503, headers: { 'retry-after': expect.any(String) } });
          expect(
            await ask(gateway, '/graphql', withKey(other), { body: { query: '{ caller }' } }),
          ).toMatchObject({
            status: 503,
            headers: { 'retry-after': expect.any(String) },
            body: { errors: [{ extensions: { code: 'STORAGE_UNAVAILABLE' } }] },
          });
          expect(await ask(gateway, '/auth/keys', await ann())).toMatchObject({ status: 503 });
          // A token needs no database, nor does what can't be a key.
          expect(await ask(gateway, '/users/1', await ann())).toMatchObject({ status: 200 });
          expect(await ask(gateway, '/users/1', { 'x-api-key': 'nonsense' })).toMatchObject({ status: 401 });
          await clock.pass(FRESH_FOR);
          expect(await status(known)).toBe(503);
        } finally {
          await postgres.start();
        }
        await vi.waitFor(async () => {
          await clock.pass(1000);
          expect(await status(known)).toBe(200);
        }, 10_000);
        expect(await status(other)).toBe(200);
      });

      it('do not hang on a database that gives no answer', async () => {
        const { postgres } = server;
        if (postgres === undefined) throw new Error('there is no server');
        const gateway = await start();
        const key = await make(gateway);
        postgres.pause();
        try {
          const answer = ask(gateway, '/users/1', withKey(key));
          await service.received(0);
          await vi.waitFor(() => expect(clock.pending).toBeGreaterThan(0));
          const done = vi.fn();
          void answer.then(done);
          await vi.waitFor(async () => {
            await clock.pass(500);
            expect(done).toHaveBeenCalled();
          }, 10_000);
          expect(await answer).toMatchObject({ status: 503 });
        } finally {
          postgres.resume();
        }
      });
    }

    it('hold no more than the account that made them, and end with it', async () => {
      const storage = await newStorage(server);
      const gateway = await start(storage, '  accounts: { enabled: true, registration: true }');
      const credentials = { username: 'mei', password: 'long enough to be a good one' };
      expect(await ask(gateway, '/auth/register', {}, { body: credentials })).toMatchObject({ status: 201 });
      const account = async (...args: string[]) => {
        const run = await runHere(['account', ...args, '--username', 'mei'], gateway.folder);
        expect(run).toMatchObject({ code: 0 });
        await clock.pass(FRESH_FOR);
      };
      await account('roles', '--roles', 'editor,reader', '--scopes', 'read');
      const { body } = await ask(gateway, '/auth/login', {}, { body: credentials });
      const token = { authorization: `Bearer ${(body as { access_token: string }).access_token}` };
      // An account is a caller like any other, and may make keys.
      expect(await ask(gateway, '/editors', token)).toMatchObject({ status: 200 });
      expect(service.requests.at(-1)?.headers).toMatchObject({
        'x-username': 'mei',
        'x-roles': 'editor,reader',
      });
      const fields = await ask(gateway, '/graphql', token, { body: { query: '{ scoped ruled }' } });
      expect(fields.body).toMatchObject({ data: { scoped: null, ruled: 'yes' } });
      const key = await make(gateway, { roles: ['editor'], scopes: ['read'] }, Promise.resolve(token));
      const statuses = async () => [
        (await ask(gateway, '/users/1', withKey(key))).status,
        (await ask(gateway, '/editors', withKey(key))).status,
        (await ask(gateway, '/readers', withKey(key))).status,
      ];
      expect(await statuses()).toEqual([200, 200, 200]);
      await account('roles', '--roles', 'reader', '--scopes', 'read');
      expect(await statuses()).toEqual([200, 403, 200]);
      await account('disable');
      expect(await statuses()).toEqual([401, 401, 401]);
      await account('enable');
      expect(await statuses()).toEqual([200, 403, 200]);
      await account('remove');
      expect(await statuses()).toEqual([401, 401, 401]);
    });
  });
});
