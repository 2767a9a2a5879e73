import { describe, expect, it } from 'vitest';
import { useGraphqlFixture } from '../support/graphql-fixture.ts';
import { testScope } from '../support/graphql-server.ts';
import { Reply } from '../support/graphql-service.ts';
import { held, json } from '../support/http-service.ts';

const { service, gateway } = useGraphqlFixture();

describe('calls of one operation', () => {
  const SDL = `
    type Query {
      product(id: ID!, lang: String = "en"): Product
        @connect(source: "main", http: { GET: "/names/{$args.id}", queryParams: "lang: $args.lang" }, selection: "id name details: { size }")
        @connect(source: "main", http: { GET: "/prices/{$args.id}" }, selection: "id price details: { weight }")
      search(text: String!): [Hit] @connect(source: "main", http: { POST: "/search", body: "text: $args.text" }, selection: "id")
      config: Settings @connect(source: "main", http: { GET: "/settings" }, selection: "region: $config.region depth: $env.DEPTH status: $status served: $response.headers.'x-served-by'->first")
      local(name: String!): Greeting @connect(selection: "text: $args.name")
    }
    type Product { id: ID!  name: String  price: Int  details: Details }
    type Details { size: Int  weight: Int }
    type Hit { id: ID! }
    type Settings { region: String  depth: String  status: Int  served: String }
    type Greeting { text: String }
  `;

  async function start() {
    const main = await service({
      'GET /names/*': ({ segments }) => ({ id: segments[1], name: 'Kettle', size: 3 }),
      'GET /prices/*': ({ segments }) => ({ id: segments[1], price: 30, weight: 9 }),
      'POST /search': () => [{ id: 1 }],
      'GET /settings': () => new Reply(200, {}, { 'x-served-by': 'node-3' }),
    });
    const api = await gateway({
      sdl: SDL,
      env: { DEPTH: '12' },
      services: { main: { urls: [main.url], config: { region: 'eu' } } },
    });
    return { main, api };
  }

  it.each([
    ['{ product(id: 1) { name } }', ['GET /names/1?lang=en']],
    ['{ product(id: 1) { price } }', ['GET /prices/1']],
    ['{ product(id: 1) { __typename } }', ['GET /names/1?lang=en']],
    ['{ product(id: 1) { id } }', ['GET /names/1?lang=en']],
    ['{ product(id: 1) { id name price } }', ['GET /names/1?lang=en', 'GET /prices/1']],
    ['{ product(id: 1) { details { weight } } }', ['GET /prices/1']],
    ['{ __typename }', []],
    ['{ product(id: 1) @skip(if: true) { name } __typename }', []],
  ])('%s needs %j', async (document, calls) => {
    const { main, api } = await start();
    const { body } = await api.query(document);
    expect(body.errors).toBeUndefined();
    expect(main.calls().sort()).toEqual(calls);
  });

  it('of several connectors on a field are merged, nested objects too', async () => {
    const { api } = await start();
    const { body } = await api.query('{ product(id: 1) { name price details { size weight } } }');
    expect(body).toEqual({
      data: { product: { name: 'Kettle', price: 30, details: { size: 3, weight: 9 } } },
    });
  });

  it('that fail beside others take only what they would have given', async () => {
    const { main, api } = await start();
    main.behave((request, response, seen) =>
      request.url?.startsWith('/prices')
        ? json({}, 500)(request, response, seen)
        : json({ id: 1, name: 'Kettle', size: 3 })(request, response, seen),
    );
    const { body } = await api.query('{ product(id: 1) { name price details { size weight } } }');
    expect(body.data).toEqual({
      product: { name: 'Kettle', price: null, details: { size: 3, weight: null } },
    });
    const paths = body.errors?.map(({ path }) => path?.join('.'));
    expect(paths).toEqual(expect.arrayContaining(['product.price', 'product.details.weight']));
  });

  it('are made once if they are the same, whatever the method', async () => {
    const { main, api } = await start();
    await api.query(`{
      a: product(id: 1) { name } b: product(id: "1", lang: "en") { name } c: product(id: 1, lang: "de") { name }
      x: search(text: "k") { id } y: search(text: "k") { id } z: search(text: "l") { id }
    }`);
    expect(main.calls().sort()).toEqual([
      'GET /names/1?lang=de',
      'GET /names/1?lang=en',
      'POST /search',
      'POST /search',
    ]);
  });

  it('see configuration, environment, status and headers', async () => {
    const { api } = await start();
    const { body } = await api.query('{ config { region depth status served } }');
    expect(body).toEqual({ data: { config: { region: 'eu', depth: '12', status: 200, served: 'node-3' } } });
  });

  it('are none for a connector without http', async () => {
    const { main, api } = await start();
    expect((await api.query('{ local(name: "Ada") { text } }')).body).toEqual({
      data: { local: { text: 'Ada' } },
    });
    expect(main.requests).toEqual([]);
  });
});

describe('maxCallsPerOperation', () => {
  it('refuses the calls beyond it, for each service by itself', async () => {
    const main = await service({ 'GET /items/*': ({ segments }) => ({ id: segments[1] }) });
    const api = await gateway({
      sdl: `
        type Query { item(id: ID!): Item @connect(source: "main", http: { GET: "/items/{$args.id}" }, selection: "id") }
        type Item { id: ID! }
      `,
      services: { main: { urls: [main.url], maxCallsPerOperation: 2 } },
    });
    const { body } = await api.query(
      '{ a: item(id: 1) { id } b: item(id: 2) { id } same: item(id: 1) { id } c: item(id: 3) { id } }',
    );
    expect(body.data).toEqual({ a: { id: '1' }, b: { id: '2' }, same: { id: '1' }, c: null });
    expect(body.errors).toMatchObject([
      { path: ['c'], extensions: { code: 'UPSTREAM_OVERLOADED', service: 'main' } },
    ]);
    expect(main.requests).toHaveLength(2);
  });
});

describe('mutations', () => {
  const SDL = `
    type Query { counter: Counter @connect(source: "main", http: { GET: "/counter" }, selection: "id value") }
    type Mutation {
      add(by: Int!): Counter @connect(source: "main", http: { POST: "/counter", body: "by: $args.by" }, selection: "id")
    }
    type Counter @connect(source: "main", http: { GET: "/counters", queryParams: "id: $batch.id" }, selection: "id value") {
      id: ID!
      value: Int
    }
  `;

  it('run one after the other, each time anew, and what is read after one is fresh', async () => {
    let value = 0;
    const main = await service({
      'POST /counter': ({ body }) => {
        value += (body as { by: number }).by;
        return { id: 1 };
      },
      'GET /counters': () => [{ id: 1, value }],
    });
    const api = await gateway({ sdl: SDL, services: { main: main.url } });
    const { body } = await api.query(
      'mutation { a: add(by: 1) { value } b: add(by: 1) { value } c: add(by: 5) { value } }',
    );
    expect(body).toEqual({ data: { a: { value: 1 }, b: { value: 2 }, c: { value: 7 } } });
    expect(main.calls()).toEqual([
      'POST /counter',
      'GET /counters?id=1',
      'POST /counter',
      'GET /counters?id=1',
      'POST /counter',
      'GET /counters?id=1',
    ]);
  });
});

describe('calls side by side', () => {
  it('start together', async () => {
    const { behaviour, release } = held(json({ id: 1 }));
    const main = await service({});
    main.behave(behaviour);
    const api = await gateway({
      sdl: `
        type Query {
          a: Thing @connect(source: "main", http: { GET: "/a" }, selection: "id")
          b: Thing @connect(source: "main", http: { GET: "/b" }, selection: "id")
        }
        type Thing { id: ID! }
      `,
      services: { main: main.url },
    });
    const answer = api.query('{ a { id } b { id } }');
    await main.received(2);
    release();
    expect((await answer).body).toEqual({ data: { a: { id: '1' }, b: { id: '1' } } });
  });
});

describe('in-process execution', () => {
  it('answers as the door does', async () => {
    const main = await service({ 'GET /hello': ({ url }) => ({ text: `Hi ${url.searchParams.get('n')}` }) });
    const { engine } = await gateway({
      sdl: `type Query { hello(n: String!): String @connect(source: "main", http: { GET: "/hello", queryParams: "n: $args.n" }, selection: "$.text") }`,
      services: { main: main.url },
    });
    const document = 'query Hi($n: String!) { hello(n: $n) }';
    const scope = testScope({ requestId: 'r9' });
    const right = await engine.execute({ document, variables: { n: 'Ada' }, operationName: 'Hi' }, scope);
    expect(right.text).toBe('{"data":{"hello":"Hi Ada"}}');
    const wrong = await engine.execute({ document }, scope);
    expect(wrong.data).toBeUndefined();
    expect(wrong.errors?.[0]?.extensions).toEqual({ code: 'BAD_USER_INPUT', requestId: 'r9' });
    const invalid = await engine.execute({ document: '{ nope }' }, scope);
    expect(invalid.errors?.[0]?.extensions).toEqual({ code: 'GRAPHQL_VALIDATION_FAILED', requestId: 'r9' });
    const unreadable = await engine.execute({ document: '{' }, scope);
    expect(unreadable.errors?.[0]?.extensions).toEqual({ code: 'GRAPHQL_PARSE_FAILED', requestId: 'r9' });
  });
});
