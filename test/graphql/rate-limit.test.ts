import { describe, expect, it } from 'vitest';
import { FakeClock } from '../support/fake-clock.ts';
import { useGraphqlFixture } from '../support/graphql-fixture.ts';
import type { Answer, Gateway, GatewayOptions } from '../support/graphql-gateway.ts';
import { testPrincipal, testScope } from '../support/graphql-server.ts';

const { service, gateway } = useGraphqlFixture();

const SDL = `
  scalar Any
  input Filter { id: ID, tags: [String!], any: Any }
  type Query {
    search(text: String = "x"): String @connect(source: "main", http: { GET: "/search" }, selection: "$.text")
      @rateLimit(max: 3, window: "10s")
    login(email: String!, password: String): String @connect(source: "main", http: { GET: "/login" }, selection: "$.text")
      @rateLimit(max: 2, window: "1m", message: "At most {limit} times in {window} seconds", identityArgs: ["email"])
    item(filter: Filter, ids: [ID!]): String @connect(source: "main", http: { GET: "/item" }, selection: "$.text")
      @rateLimit(max: 2, window: "1m", identityArgs: ["filter.id", "filter.tags[0]", "filter.any.deep.x"])
    many(ids: [ID!], filter: Filter): String @connect(source: "main", http: { GET: "/many" }, selection: "$.text")
      @rateLimit(max: 5, window: "1m", arrayLengthField: "ids")
    usual: String @connect(source: "main", http: { GET: "/usual" }, selection: "$.text") @rateLimit
    needed: String! @connect(source: "main", http: { GET: "/needed" }, selection: "$.text") @rateLimit(max: 1)
    soft: String @connect(source: "main", http: { GET: "/soft" }, selection: "$.text")
      @rateLimit(max: 1) @fallback(value: "soft")
    secret: String @connect(source: "main", http: { GET: "/secret" }, selection: "$.text")
      @rateLimit(max: 1) @authenticated
    own: String @rateLimit(max: 1)
    open: String @connect(source: "main", http: { GET: "/open" }, selection: "$.text")
    users: [User] @connect(source: "main", http: { GET: "/users" }, selection: "id")
    nodes: [Node] @connect(source: "main", http: { GET: "/nodes" }, selection: "__typename: type id note")
  }
  type Mutation {
    send(text: String): String @connect(source: "main", http: { POST: "/send" }, selection: "$.text") @rateLimit(max: 1)
  }
  type User @connect(source: "main", http: { GET: "/more", queryParams: "id: $batch.id" }, selection: "id name mail") {
    id: ID!
    name: String
    mail: String @rateLimit(max: 2, window: "1m")
  }
  interface Node { id: ID! note: String @rateLimit(max: 2) }
  type A implements Node { id: ID! note: String }
  type B implements Node { id: ID! note: String @rateLimit(max: 1) }
`;

async function start(options: Partial<GatewayOptions> = {}) {
  const clock = new FakeClock();
  const text = (value: string) => () => ({ text: value });
  const main = await service({
    'GET /search': text('found'),
    'GET /login': text('in'),
    'GET /item': text('item'),
    'GET /many': text('many'),
    'GET /usual': text('usual'),
    'GET /needed': text('needed'),
    'GET /soft': text('hard'),
    'GET /secret': text('secret'),
    'GET /open': text('open'),
    'POST /send': text('sent'),
    'GET /users': () => [{ id: 1 }, { id: 2 }, { id: 3 }],
    'GET /more': ({ url }) =>
      url.searchParams.getAll('id').map((id) => ({ id, name: `name ${id}`, mail: `mail ${id}` })),
    'GET /nodes': () => ['A', 'B', 'A', 'B'].map((type, id) => ({ type, id, note: `note ${id}` })),
  });
  const resolvers = {
    file: 'resolvers.ts',
    fields: new Map([['Query.own', { resolve: () => 'own', requires: [] }]]),
  };
  const api = await gateway({ sdl: SDL, services: { main: main.url }, resolvers, clock, ...options });
  return { main, api, clock };
}

const LIMITED = 'Rate limit exceeded';

function over(path: (string | number)[], retryAfter = 60, message = LIMITED) {
  return expect.objectContaining({
    message,
    path,
    extensions: { code: 'RATE_LIMITED', retryAfter, requestId: 'request-1' },
  });
}

async function ask(api: Gateway, query: string, times: number): Promise<Answer[]> {
  const answers: Answer[] = [];
  for (let i = 0; i < times; i++) answers.push(await api.query(query));
  return answers;
}

describe.each([
  ['the short way', true],
  ['the long way', false],
])('@rateLimit on %s', (_name, shortWay) => {
  it('refuses one use too many before any call, and the rest still runs', async () => {
    const { api, main, clock } = await start({ shortWay });
    const answers = await ask(api, '{ search open }', 4);
    for (const { body } of answers.slice(0, 3))
      expect(body).toEqual({ data: { search: 'found', open: 'open' } });
    expect(answers[3]?.status).toBe(200);
    expect(answers[3]?.body).toEqual({
      data: { search: null, open: 'open' },
      errors: [over(['search'], 10)],
    });
    expect(main.calls().filter((call) => call === 'GET /search')).toHaveLength(3);
    clock.advance(9_999);
    expect((await api.query('{ search }')).body.errors).toEqual([over(['search'], 1)]);
    clock.advance(1);
    expect((await api.query('{ search }')).body).toEqual({ data: { search: 'found' } });
  });

  it('counts each alias, and identical queries at once', async () => {
    const { api, main } = await start({ shortWay });
    const { body } = await api.query('{ a: search b: search c: search d: search search(text: "y") }');
    expect(body.data).toEqual({ a: 'found', b: 'found', c: 'found', d: null, search: null });
    expect(body.errors).toEqual([over(['d'], 10), over(['search'], 10)]);
    expect(main.calls()).toEqual(['GET /search']);
    const answers = await Promise.all(Array.from({ length: 20 }, () => api.query('{ usual }')));
    expect(answers.filter((answer) => answer.body.errors === undefined)).toHaveLength(5);
  });

  it('counts each caller, by user where there is one', async () => {
    const { api } = await start({ shortWay });
    const by = async (id: string, keyId?: string) => {
      const caller = { id, ...(keyId === undefined ? {} : { keyId }) };
      return (await api.query('{ soft }', { caller })).body.errors === undefined;
    };
    expect(await by('u1')).toBe(true);
    expect(await by('u2')).toBe(true);
    expect(await by('u1')).toBe(false);
    expect(await by('u1', 'k1')).toBe(false);
    expect((await api.query('{ soft }')).body.errors).toBeUndefined();
    expect((await api.query('{ soft }')).body.errors).toEqual([over(['soft'])]);
  });

  it('counts callers without a name by their address', async () => {
    const { api } = await start({ shortWay });
    const from = async (ip: string) => {
      const client = { ip, protocol: 'http' as const, host: 'test', forwardedFor: ip };
      const answer = await api.engine.execute({ document: '{ soft }' }, testScope({ client }));
      return answer.errors.length === 0;
    };
    expect([await from('192.0.2.1'), await from('192.0.2.2'), await from('192.0.2.1')]).toEqual([
      true,
      true,
      false,
    ]);
  });

  it('tells values of identifying arguments apart, and of no others', async () => {
    const { api } = await start({ shortWay });
    const login = async (email: string, password: string) => {
      const query = 'query ($e: String!, $p: String) { login(email: $e, password: $p) }';
      return (await api.query(query, { variables: { e: email, p: password } })).body;
    };
    expect(await login('a', '1')).toEqual({ data: { login: 'in' } });
    expect(await login('a', '2')).toEqual({ data: { login: 'in' } });
    expect(await login('b', '1')).toEqual({ data: { login: 'in' } });
    const refused = await login('a', '3');
    expect(refused.errors).toEqual([over(['login'], 60, 'At most 2 times in 60 seconds')]);
    expect(await login('b', '2')).toEqual({ data: { login: 'in' } });
  });

  it('finds identifying values below dots and in lists', async () => {
    const { api } = await start({ shortWay });
    const query = 'query ($f: Filter) { item(filter: $f) }';
    const isIn = async (f: unknown) =>
      (await api.query(query, { variables: { f } })).body.errors === undefined;
    const all = [
      { id: '1' },
      { id: '1', tags: ['a'] },
      { id: '1', tags: ['b', 'a'] },
      { id: '1', any: { deep: { x: 1 } } },
      { id: '1', any: { deep: { x: { a: 1, b: 2 } } } },
      null,
    ];
    for (const f of [...all, ...all]) expect(await isIn(f)).toBe(true);
    for (const f of all) expect(await isIn(f)).toBe(false);
    expect(await isIn({ id: '1', tags: ['a', 'z'] })).toBe(false);
    expect(await isIn({ id: '1', any: { deep: { x: { b: 2, a: 1 } }, y: 1 } })).toBe(false);
  });

  it('counts the items of a list; what does not fit as a whole takes nothing', async () => {
    const { api } = await start({ shortWay });
    const isIn = async (ids: string[] | null | undefined) => {
      const query = 'query ($ids: [ID!]) { many(ids: $ids) }';
      return (await api.query(query, { variables: { ids } })).body.errors === undefined;
    };
    expect(await isIn(['1', '2', '3', '4', '5', '6'])).toBe(false);
    expect(await isIn(['1', '2', '3'])).toBe(true);
    expect(await isIn(['1', '2', '3'])).toBe(false);
    expect(await isIn([])).toBe(true);
    expect(await isIn(undefined)).toBe(true);
    expect(await isIn(null)).toBe(false);
  });

  it('is five a minute where nothing else is said', async () => {
    const { api, clock } = await start({ shortWay });
    const answers = await ask(api, '{ usual }', 6);
    expect(answers.map(({ body }) => body.errors?.length ?? 0)).toEqual([0, 0, 0, 0, 0, 1]);
    clock.advance(60_000);
    expect((await api.query('{ usual }')).body.errors).toBeUndefined();
  });

  it('refuses what asks first for another reason without counting', async () => {
    const { api, main } = await start({ shortWay });
    await ask(api, '{ secret }', 3);
    expect((await api.query('{ secret }', { caller: {} })).body).toEqual({ data: { secret: 'secret' } });
    const { body } = await api.query('{ secret }', { caller: {} });
    expect(body.errors).toEqual([over(['secret'])]);
    expect(main.calls()).toEqual(['GET /secret']);
  });

  it('takes what can’t be null along, and no fallback stands in for it', async () => {
    const { api } = await start({ shortWay });
    await api.query('{ needed soft }');
    expect((await api.query('{ needed open }')).body).toEqual({ data: null, errors: [over(['needed'])] });
    expect((await api.query('{ soft }')).body).toEqual({ data: { soft: null }, errors: [over(['soft'])] });
  });

  it('holds on resolvers of one’s own', async () => {
    const { api } = await start({ shortWay });
    expect((await api.query('{ own }')).body).toEqual({ data: { own: 'own' } });
    expect((await api.query('{ own }')).body).toEqual({ data: { own: null }, errors: [over(['own'])] });
  });

  it('holds on mutations, one by one', async () => {
    const { api, main } = await start({ shortWay });
    const { body } = await api.query('mutation { a: send(text: "1") b: send(text: "2") }');
    expect(body).toEqual({ data: { a: 'sent', b: null }, errors: [over(['b'])] });
    expect(main.calls()).toEqual(['POST /send']);
  });

  it('holds on fields of objects, for each of them; nothing is fetched for those that are refused', async () => {
    const { api, main } = await start({ shortWay });
    const { body } = await api.query('{ users { id mail } }');
    expect(body.data).toEqual({
      users: [
        { id: '1', mail: 'mail 1' },
        { id: '2', mail: 'mail 2' },
        { id: '3', mail: null },
      ],
    });
    expect(body.errors).toEqual([over(['users', 2, 'mail'])]);
    expect(main.calls()).toEqual(['GET /users', 'GET /more?id=1&id=2']);
    const again = await api.query('{ users { mail name } }');
    expect(again.body.data).toEqual({
      users: [
        { mail: null, name: 'name 1' },
        { mail: null, name: 'name 2' },
        { mail: null, name: 'name 3' },
      ],
    });
    expect(again.body.errors).toHaveLength(3);
    const others = await api.query('{ users { mail } }');
    expect(others.body.errors).toHaveLength(3);
    expect(main.calls().slice(2)).toEqual(['GET /users', 'GET /more?id=1&id=2&id=3', 'GET /users']);
  });

  it('of an interface holds on all of its objects together, beside their own', async () => {
    const { api } = await start({ shortWay });
    const { body } = await api.query('{ nodes { id note } }');
    const minute = expect.anything();
    expect(body.data).toEqual({
      nodes: [
        { id: '0', note: 'note 0' },
        { id: '1', note: 'note 1' },
        { id: '2', note: null },
        { id: '3', note: null },
      ],
    });
    expect(body.errors).toEqual([
      expect.objectContaining({ path: ['nodes', 2, 'note'], message: minute }),
      expect.objectContaining({ path: ['nodes', 3, 'note'], message: minute }),
    ]);
  });

  it('counts fields that are asked for, and no others', async () => {
    const { api } = await start({ shortWay });
    await ask(api, 'query { search @skip(if: true) open ... @include(if: false) { search } }', 5);
    await ask(api, '{ search(nope: 1) }', 5);
    expect((await api.query('{ a: search b: search c: search }')).body.errors).toBeUndefined();
  });
});

describe('@rateLimit', () => {
  it('has other fields tell what a failed call took from them', async () => {
    const failing = await service({});
    const api = await gateway({
      sdl: `
        type Query { user: User @connect(source: "main", http: { GET: "/user" }, selection: "id: $(1)") }
        type User @connect(source: "main", http: { GET: "/more", queryParams: "id: $batch.id" }, selection: "id name mail") {
          id: ID!
          mail: String @rateLimit(max: 1)
          name: String
        }`.replace(
        '@connect(source: "main", http: { GET: "/user" }, selection: "id: $(1)")',
        '@connect(selection: "id: $(1)")',
      ),
      services: { main: failing.url },
    });
    await api.query('{ user { mail } }');
    const { body } = await api.query('{ user { mail name } }');
    expect(body.errors?.map(({ path, extensions }) => [path, extensions.code])).toEqual([
      [['user', 'mail'], 'RATE_LIMITED'],
      [['user', 'name'], 'UPSTREAM_STATUS'],
    ]);
  });

  it('goes by the caller that a route’s operation runs for', async () => {
    const { api } = await start();
    const run = async (id: string) => {
      const scope = testScope({ principal: testPrincipal({ id }) });
      return (await api.engine.execute({ document: '{ soft }' }, scope)).errors.length;
    };
    expect([await run('a'), await run('b'), await run('a')]).toEqual([0, 0, 1]);
  });
});
