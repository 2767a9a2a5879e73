import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { loadResolvers } from '../../src/graphql/load-resolvers.ts';
import { ConfigurationError } from '../../src/kernel/configuration-error.ts';
import { useGraphqlFixture } from '../support/graphql-fixture.ts';
import { Reply } from '../support/graphql-service.ts';

const { service, gateway } = useGraphqlFixture();

let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'portico-resolvers-'));
});

afterAll(() => rm(folder, { recursive: true }));

let count = 0;

/** Writes a module and loads it. */
async function load(code: string, extension = 'ts') {
  const file = path.join(folder, `resolvers-${count++}.${extension}`);
  await writeFile(file, code);
  return loadResolvers(file);
}

const SDL = `
  type Query {
    me: User
    boss: User @connect(source: "users", http: { GET: "/boss" }, selection: "id")
    weather(city: String!): Weather
    broken: String
    rude: String
    list: [User!]
    some: [User]
  }
  type Mutation { touch(id: ID!): Boolean }
  type User @connect(source: "users", http: { GET: "/users", queryParams: "id: $batch.id" }, selection: "id first last") {
    id: ID!
    first: String
    last: String
    full: String
  }
  type Weather { city: String  celsius: Float  fahrenheit: Float }
`;

const MODULE = `
  import type { ResolverContext } from '${path.resolve('src/graphql/resolver-context.ts')}';
  const celsius = async (city: string, { call }: ResolverContext) => {
    const answer = (await call('weather', { path: '/now', query: { city, unit: ['c'], none: undefined } })) as { t: number };
    return answer.t;
  };
  export const resolvers = {
    Query: {
      me: (_parent: unknown, _args: unknown, context: ResolverContext) => context.user && { id: context.user.id },
      weather: (_parent: unknown, { city }: { city: string }) => ({
        city,
        celsius: (_args: unknown, context: ResolverContext) => celsius(city, context),
        fahrenheit: async (_args: unknown, context: ResolverContext) => (await celsius(city, context)) * 1.8 + 32,
      }),
      broken: () => { throw new Error('connect postgres://root:swordfish@db'); },
      rude: () => { throw Object.assign(new Error('Mind your manners'), { name: 'GraphQLError', extensions: { code: 'RUDE' } }); },
      some: function* () { yield { id: 1, first: 'Own' }; yield new Error('swordfish'); yield null; },
      list: async () => [{ id: 1 }, Promise.resolve({ id: 2, first: 'Own' })],
    },
    Mutation: {
      touch: async (_parent: unknown, { id }: { id: string }, { call }: ResolverContext) => {
        await call('users', { method: 'POST', path: '/touch', body: { id } });
        await call('users', { method: 'POST', path: '/touch', body: { id } });
        return true;
      },
    },
    User: {
      full: { requires: ['first', 'last'], resolve: (user: { first: string; last: string }) => user.first + ' ' + user.last },
    },
  };
`;

async function start(module = MODULE) {
  const users = await service({
    'GET /boss': () => ({ id: 3 }),
    'GET /users': ({ url }) =>
      url.searchParams
        .getAll('id')
        .flatMap((ids) => ids.split(',').map((id) => ({ id, first: `F${id}`, last: `L${id}` }))),
    'POST /touch': () => new Reply(204, ''),
  });
  const weather = await service({
    'GET /now': ({ url }) => (url.searchParams.get('city') === 'Oslo' ? { t: 10 } : new Reply(500, {})),
  });
  const resolvers = await load(module);
  const api = await gateway({ sdl: SDL, resolvers, services: { users: users.url, weather: weather.url } });
  return { users, weather, api };
}

describe("resolvers of one's own", () => {
  it('give stubs that connectors complete', async () => {
    const { users, api } = await start();
    const { body } = await api.query('{ me { id first } list { id first last } }', { caller: { id: '7' } });
    expect(body.errors).toBeUndefined();
    expect(body.data).toEqual({
      me: { id: '7', first: 'F7' },
      list: [
        { id: '1', first: 'F1', last: 'L1' },
        { id: '2', first: 'Own', last: 'L2' },
      ],
    });
    expect(users.requests).toHaveLength(1);
    expect((await api.query('{ me { id } }')).body).toEqual({ data: { me: null } });
  });

  it('give lists of any kind, with errors for items', async () => {
    const { api } = await start();
    const { body } = await api.query('{ some { first } }');
    expect(body.data).toEqual({ some: [{ first: 'Own' }, null, null] });
    expect(body.errors).toMatchObject([{ path: ['some', 1], extensions: { code: 'INTERNAL' } }]);
    expect(JSON.stringify(body)).not.toContain('swordfish');
  });

  it('get the fields that they require', async () => {
    const { users, api } = await start();
    const { body } = await api.query('{ boss { full } me { full } }', { caller: { id: '7' } });
    expect(body).toEqual({ data: { boss: { full: 'F3 L3' }, me: { full: 'F7 L7' } } });
    expect(users.calls()).toContain('GET /boss');
  });

  it('call services under their policies, the same call once', async () => {
    const { weather, api } = await start();
    const { body } = await api.query('{ weather(city: "Oslo") { city celsius fahrenheit } }');
    expect(body).toEqual({ data: { weather: { city: 'Oslo', celsius: 10, fahrenheit: 50 } } });
    expect(weather.calls()).toEqual(['GET /now?city=Oslo&unit=c']);
  });

  it('make a mutating call each time', async () => {
    const { users, api } = await start();
    expect((await api.query('mutation { touch(id: 1) }')).body).toEqual({ data: { touch: true } });
    expect(users.calls()).toEqual(['POST /touch', 'POST /touch']);
    expect(users.requests[0]?.body.toString()).toBe('{"id":"1"}');
  });

  it('show failed calls as connectors do', async () => {
    const { api } = await start();
    const { body } = await api.query('{ weather(city: "Atlantis") { celsius } }');
    expect(body.data).toEqual({ weather: { celsius: null } });
    expect(body.errors).toMatchObject([
      {
        path: ['weather', 'celsius'],
        extensions: { code: 'UPSTREAM_STATUS', service: 'weather', http: { status: 500 } },
      },
    ]);
  });

  it("never show an unexpected error, and log it with the request's id", async () => {
    const { api } = await start();
    const { body } = await api.query('{ broken rude }', { headers: { 'x-request-id': 'r-3' } });
    expect(body.errors).toEqual([
      expect.objectContaining({
        message: 'Internal server error',
        path: ['broken'],
        extensions: { code: 'INTERNAL', requestId: 'r-3' },
      }),
      expect.objectContaining({ message: 'Mind your manners', path: ['rude'] }),
    ]);
    const line = api.log.lines.find(({ requestId }) => requestId === 'r-3');
    expect(JSON.stringify(line)).toContain('swordfish');
  });

  it('show the message if errors are not masked', async () => {
    const resolvers = await load(
      'export default { Query: { a: () => { throw new Error("the reason"); } } };',
    );
    const api = await gateway({ sdl: 'type Query { a: String }', resolvers, graphql: { maskErrors: false } });
    const { body } = await api.query('{ a }');
    expect(body.errors).toMatchObject([{ message: 'the reason', extensions: { code: 'INTERNAL' } }]);
    expect(JSON.stringify(body)).not.toContain('at ');
  });

  it("replace a field's connector", async () => {
    const users = await service({});
    const resolvers = await load(
      'export default { Query: { boss: () => ({ id: 1, first: "Own" }) } };',
      'mjs',
    );
    const sdl = `
      type Query { boss: User @connect(source: "users", http: { GET: "/boss" }, selection: "id first") }
      type User { id: ID!  first: String }
    `;
    const api = await gateway({ sdl, resolvers, services: { users: users.url } });
    expect((await api.query('{ boss { id first } }')).body).toEqual({
      data: { boss: { id: '1', first: 'Own' } },
    });
    expect(users.requests).toEqual([]);
  });
});

describe('a list that fails at once', () => {
  it('leaves no failure of what its other items wait for behind, which would end the process', async () => {
    const unheard: unknown[] = [];
    const hear = (reason: unknown) => unheard.push(reason);
    process.on('unhandledRejection', hear);
    const items = await service({ 'GET /items': () => [{ id: 1 }, null] });
    const resolvers = await load(
      'export default { Item: { slow: async () => { await new Promise(setImmediate); throw new Error("late"); } } };',
      'mjs',
    );
    const sdl = `
      type Query { items: [Item!] @connect(source: "items", http: { GET: "/items" }, selection: "id") }
      type Item { id: ID!  slow: String! }
    `;
    const api = await gateway({ sdl, resolvers, services: { items: items.url } });
    const { body } = await api.query('{ items { id slow } }');
    for (let turn = 0; turn < 10; turn++) await new Promise(setImmediate);
    process.off('unhandledRejection', hear);
    expect(body.data).toEqual({ items: null });
    expect(unheard).toEqual([]);
  });
});

describe('a module of resolvers', () => {
  it.each([
    ['is missing', async () => loadResolvers(path.join(folder, 'nowhere.ts')), 'cannot be loaded'],
    ['does not parse', async () => load('export default {'), 'cannot be loaded'],
    ['throws', async () => load('throw new Error("no luck");'), 'no luck'],
    ['exports nothing', async () => load('export const other = 1;'), 'expected a default export'],
    ['has a field that is no function', async () => load('export default { Query: { a: 7 } };'), 'Query.a'],
  ])('is refused if it %s', async (_name, attempt, text) => {
    const error = await attempt().then(
      () => undefined,
      (thrown: unknown) => thrown,
    );
    expect(error).toBeInstanceOf(ConfigurationError);
    expect((error as ConfigurationError).problems[0]?.message).toContain(text);
  });

  it('is refused if the schema has no such types or fields', async () => {
    const resolvers = await load(
      'export default { Usr: { a() {} }, User: { frist() {}, id: { requires: ["nmae"], resolve() {} } } };',
    );
    const sdl = `
      type Query { user: User @connect(source: "users", http: { GET: "/" }, selection: "id first") }
      type User { id: ID!  first: String }
    `;
    const attempt = gateway({ sdl, resolvers, services: { users: 'http://localhost:1' } });
    await expect(attempt).rejects.toThrow(ConfigurationError);
    await expect(attempt).rejects.toThrow(
      /no type "Usr".*Did you mean "User"[\s\S]*no field "frist".*"first"[\s\S]*no field "nmae"/,
    );
  });
});
