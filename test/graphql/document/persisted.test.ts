import { describe, expect, it } from 'vitest';
import { createPersistedDocuments } from '../../../src/graphql/document/persisted-documents.ts';
import { get, persistedQuery, post, sha256 } from '../../support/document-client.ts';
import { useGraphqlFixture } from '../../support/graphql-fixture.ts';
import type { GatewayOptions } from '../../support/graphql-gateway.ts';

const { service, gateway } = useGraphqlFixture();

const SDL = `
  type Query {
    hello(name: String = "you"): String @connect(source: "main", http: { GET: "/hello", queryParams: "n: $args.name" }, selection: "$.text")
  }
  type Mutation {
    rename(name: String!): String @connect(source: "main", http: { POST: "/rename", body: "name: $args.name" }, selection: "$.text")
  }
`;

const QUERY = 'query Hello($n: String) { hello(name: $n) }';

const NOT_FOUND = {
  errors: [
    {
      message: 'PersistedQueryNotFound',
      extensions: { code: 'PERSISTED_QUERY_NOT_FOUND', requestId: 'request-1' },
    },
  ],
};

async function start(options: Partial<GatewayOptions> = {}) {
  const main = await service({
    'GET /hello': ({ url }) => ({ text: `Hello ${url.searchParams.get('n')}` }),
    'POST /rename': ({ body }) => ({ text: (body as { name: string }).name }),
  });
  const api = await gateway({ sdl: SDL, services: { main: main.url }, ...options });
  return { main, api };
}

describe.each([
  ['the short way', true],
  ['the long way', false],
])('a persisted query on %s', (_name, shortWay) => {
  it('is asked for by its hash alone once it has come with its text', async () => {
    const { api, main } = await start({ shortWay });
    const extensions = persistedQuery(QUERY);
    const unknown = await post(api, { extensions, variables: { n: 'Ada' } });
    expect(unknown).toMatchObject({ status: 200, body: NOT_FOUND });
    expect(unknown.headers.get('cache-control')).toBe('no-store');
    expect(main.calls()).toEqual([]);
    const brought = await post(api, { query: QUERY, extensions, variables: { n: 'Ada' } });
    expect(brought).toMatchObject({ status: 200, body: { data: { hello: 'Hello Ada' } } });
    for (const n of ['Ada', 'Bea', 'Ada']) {
      const known = await post(api, { extensions, variables: { n } });
      expect(known).toMatchObject({ status: 200, body: { data: { hello: `Hello ${n}` } } });
      expect(known.headers.get('cache-control')).toBeNull();
    }
  });

  it('goes by GET as well, and by either name', async () => {
    const { api } = await start({ shortWay });
    const extensions = persistedQuery(QUERY);
    expect(await get(api, { extensions })).toMatchObject({ status: 200, body: NOT_FOUND });
    expect(await get(api, { documentId: `sha256:${sha256(QUERY)}` })).toMatchObject({ body: NOT_FOUND });
    await get(api, { query: QUERY, extensions });
    const answer = { status: 200, body: { data: { hello: 'Hello Ada' } } };
    const variables = { n: 'Ada' };
    expect(await get(api, { extensions, variables })).toMatchObject(answer);
    expect(await get(api, { documentId: `sha256:${sha256(QUERY)}`, variables })).toMatchObject(answer);
    expect(await post(api, { documentId: `sha256:${sha256(QUERY)}`, variables })).toMatchObject(answer);
    expect(await post(api, { documentId: sha256(QUERY), query: null, variables })).toMatchObject(answer);
    expect(await post(api, { extensions, query: '', variables })).toMatchObject(answer);
  });

  it('is not found with 400 in the newer type', async () => {
    const { api } = await start({ shortWay });
    const type = { accept: 'application/graphql-response+json' };
    const asked = { extensions: persistedQuery(QUERY) };
    expect(await post(api, asked, type)).toMatchObject({ status: 400, body: NOT_FOUND });
    expect(await get(api, asked, type)).toMatchObject({ status: 400, body: NOT_FOUND });
  });

  it('must be the one that its hash says', async () => {
    const { api, main } = await start({ shortWay });
    const wrong = { query: QUERY, extensions: persistedQuery('{ __typename }') };
    const refused = {
      status: 400,
      body: {
        errors: [
          {
            message: 'The query is not the one that its id or hash stands for',
            extensions: { code: 'BAD_USER_INPUT' },
          },
        ],
      },
    };
    expect(await post(api, wrong)).toMatchObject(refused);
    expect(await get(api, wrong)).toMatchObject(refused);
    expect(await post(api, { query: QUERY, documentId: 'hello' })).toMatchObject(refused);
    expect(main.calls()).toEqual([]);
    expect(await post(api, { extensions: persistedQuery('{ __typename }') })).toMatchObject({
      body: NOT_FOUND,
    });
    expect(await post(api, { extensions: persistedQuery(QUERY) })).toMatchObject({ body: NOT_FOUND });
  });

  it.each(['{ helo }', '{ hello', 'fragment F on Query { hello }'])(
    'is not kept if it is faulty: %s',
    async (query) => {
      const { api } = await start({ shortWay });
      const extensions = persistedQuery(query);
      const faulty = await post(api, { query, extensions });
      expect(faulty.body).not.toHaveProperty('data');
      expect(await post(api, { extensions })).toMatchObject({ body: NOT_FOUND });
    },
  );

  it('is not kept if it is larger than operations may be', async () => {
    const { api } = await start({ shortWay, graphql: { limits: { aliases: 1 } } });
    const query = '{ a: hello b: hello }';
    const extensions = persistedQuery(query);
    const refused = await post(api, { query, extensions });
    expect(refused.body).toMatchObject({ errors: [{ extensions: { code: 'OPERATION_TOO_COSTLY' } }] });
    expect(await post(api, { extensions })).toMatchObject({ body: NOT_FOUND });
  });

  it.each([
    [{ persistedQuery: 'x' }],
    [{ persistedQuery: [] }],
    [{ persistedQuery: { version: 1 } }],
    [{ persistedQuery: { version: 1, sha256Hash: 7 } }],
    [{ persistedQuery: { version: 2, sha256Hash: sha256(QUERY) } }],
    [{ persistedQuery: { sha256Hash: sha256(QUERY) } }],
  ])('is told what is wrong with %j', async (extensions) => {
    const { api } = await start({ shortWay });
    for (const asked of [{ extensions }, { query: QUERY, extensions }]) {
      const { status, body } = await post(api, asked);
      expect(status).toBe(400);
      expect(body).toMatchObject({ errors: [{ extensions: { code: 'BAD_USER_INPUT' } }] });
    }
  });

  it.each([
    [{ extensions: { persistedQuery: { version: 1, sha256Hash: 'x' } } }],
    [{ documentId: 'nobody:knows' }],
  ])('is not found by %j, which is no hash', async (asked) => {
    const { api } = await start({ shortWay });
    expect(await post(api, asked)).toMatchObject({ status: 200, body: NOT_FOUND });
  });

  it('changes nothing by GET', async () => {
    const { api, main } = await start({ shortWay });
    const query = 'mutation { rename(name: "x") }';
    const extensions = persistedQuery(query);
    expect(await get(api, { query, extensions })).toMatchObject({ status: 405 });
    expect(await post(api, { query, extensions })).toMatchObject({ body: { data: { rename: 'x' } } });
    expect(await post(api, { extensions })).toMatchObject({ body: { data: { rename: 'x' } } });
    expect(await get(api, { extensions })).toMatchObject({ status: 405 });
    expect(main.calls()).toHaveLength(2);
  });

  it('is one of several operations, by name', async () => {
    const { api } = await start({ shortWay });
    const query = 'query A { hello(name: "A") } query B { hello(name: "B") }';
    const extensions = persistedQuery(query);
    await post(api, { query, extensions, operationName: 'A' });
    expect(await post(api, { extensions, operationName: 'B' })).toMatchObject({
      body: { data: { hello: 'Hello B' } },
    });
    expect(await post(api, { extensions })).toMatchObject({ status: 400 });
  });
});

describe('the store of a process', () => {
  it('keeps a thousand documents, those that were asked for last', () => {
    const store = createPersistedDocuments(undefined);
    for (let i = 0; i < 1500; i++) {
      store.keep(`hash ${i}`, `{ a${i}: hello }`);
      store.known('hash 0');
    }
    const kept = Array.from({ length: 1500 }, (_, i) => i).filter(
      (i) => store.known(`hash ${i}`) !== undefined,
    );
    expect(kept).toEqual([0, ...Array.from({ length: 999 }, (_, i) => 501 + i)]);
  });

  it('keeps no more text than a million characters', () => {
    const store = createPersistedDocuments(undefined);
    const long = 'x'.repeat(200_000);
    for (let i = 0; i < 20; i++) store.keep(`hash ${i}`, long);
    store.keep('too long', 'x'.repeat(2_000_000));
    const kept = Array.from({ length: 20 }, (_, i) => i).filter(
      (i) => store.known(`hash ${i}`) !== undefined,
    );
    expect(kept).toEqual([15, 16, 17, 18, 19]);
    expect(store.known('too long')).toBeUndefined();
  });
});
