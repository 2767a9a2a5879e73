import { describe, expect, it } from 'vitest';
import { get, persistedQuery, post, sha256 } from '../../support/document-client.ts';
import { useGraphqlFixture } from '../../support/graphql-fixture.ts';
import type { GatewayOptions } from '../../support/graphql-gateway.ts';
import { testScope } from '../../support/graphql-server.ts';

const { service, gateway } = useGraphqlFixture();

const SDL = `
  type Query {
    hello(name: String = "you"): String @connect(source: "main", http: { GET: "/hello", queryParams: "n: $args.name" }, selection: "$.text")
    other: String @connect(source: "main", http: { GET: "/hello" }, selection: "$.text")
  }
  type Mutation {
    rename(name: String!): String @connect(source: "main", http: { POST: "/rename", body: "name: $args.name" }, selection: "$.text")
  }
`;

const HELLO = 'query Hello($n: String) { hello(name: $n) }';
const RENAME = 'mutation Rename($n: String!) { rename(name: $n) }';
const DOCUMENTS = { [sha256(HELLO)]: HELLO, [`sha256:${sha256(RENAME)}`]: RENAME, hello1: HELLO };

async function start(options: Partial<GatewayOptions>) {
  const main = await service({
    'GET /hello': ({ url }) => ({ text: `Hello ${url.searchParams.get('n')}` }),
    'POST /rename': ({ body }) => ({ text: (body as { name: string }).name }),
  });
  const api = await gateway({ sdl: SDL, services: { main: main.url }, ...options });
  return { main, api };
}

const ADA = { status: 200, body: { data: { hello: 'Hello Ada' } } };
const UNKNOWN = { status: 200, body: { errors: [{ extensions: { code: 'PERSISTED_QUERY_NOT_FOUND' } }] } };
const variables = { n: 'Ada' };

describe.each([
  ['the short way', true],
  ['the long way', false],
])('a trusted document on %s', (_name, shortWay) => {
  it.each([
    ['extensions.persistedQuery', { extensions: persistedQuery(HELLO) }],
    ['documentId with its prefix', { documentId: `sha256:${sha256(HELLO)}` }],
    ['documentId without', { documentId: sha256(HELLO) }],
    ['an id of one’s own', { documentId: 'hello1' }],
    [
      'an id of one’s own where Apollo has its hash',
      { extensions: { persistedQuery: { version: 1, sha256Hash: 'hello1' } } },
    ],
  ])('is asked for by %s', async (_by, asked) => {
    const { api } = await start({ shortWay, trusted: { documents: DOCUMENTS } });
    for (let i = 0; i < 2; i++) {
      expect(await post(api, { ...asked, variables })).toMatchObject(ADA);
      expect(await get(api, { ...asked, variables })).toMatchObject(ADA);
    }
  });

  it('leaves room for others', async () => {
    const { api } = await start({ shortWay, trusted: { documents: DOCUMENTS } });
    const query = '{ other }';
    expect(await post(api, { query })).toMatchObject({ body: { data: { other: 'Hello null' } } });
    expect(await post(api, { extensions: persistedQuery(query) })).toMatchObject(UNKNOWN);
    await post(api, { query, extensions: persistedQuery(query) });
    expect(await post(api, { extensions: persistedQuery(query) })).toMatchObject({
      status: 200,
      body: { data: {} },
    });
  });

  it('is never run by GET if it changes something', async () => {
    const { api, main } = await start({ shortWay, trusted: { documents: DOCUMENTS, only: true } });
    const asked = { documentId: `sha256:${sha256(RENAME)}`, variables };
    expect(await get(api, asked)).toMatchObject({ status: 405 });
    expect(main.calls()).toEqual([]);
    expect(await post(api, asked)).toMatchObject({ body: { data: { rename: 'Ada' } } });
    expect(await get(api, asked)).toMatchObject({ status: 405 });
  });

  it('may be as large as its author made it', async () => {
    const large = '{ a: hello b: hello c: other }';
    const graphql = { limits: { aliases: 1, tokens: 5, depth: 1, rootFields: 1 } };
    const { api } = await start({ shortWay, graphql, trusted: { documents: { large } } });
    const answer = { body: { data: { a: 'Hello you', b: 'Hello you', c: 'Hello null' } } };
    expect(await post(api, { documentId: 'large' })).toMatchObject(answer);
    expect(await get(api, { documentId: 'large' })).toMatchObject(answer);
    expect(await post(api, { query: large })).toMatchObject(answer);
    const other = await post(api, { query: `${large} ` });
    expect(other.body).toMatchObject({ errors: [{ extensions: { code: 'OPERATION_TOO_COSTLY' } }] });
  });

  it('shows the schema to nobody where that is off', async () => {
    const trusted = { documents: { schema: '{ __schema { queryType { name } } }' } };
    const { api } = await start({ shortWay, trusted, development: false });
    const { body } = await post(api, { documentId: 'schema' });
    expect(body).not.toHaveProperty('data');
    expect(body).toHaveProperty('errors.0.extensions.code', 'GRAPHQL_VALIDATION_FAILED');
    const shown = await start({ shortWay, trusted });
    expect((await post(shown.api, { documentId: 'schema' })).body).toHaveProperty('data.__schema');
  });

  it('comes from a manifest of Apollo’s tools just as well', async () => {
    const documents = {
      format: 'apollo-persisted-query-manifest',
      version: 1,
      operations: [{ id: sha256(HELLO), name: 'Hello', type: 'query', body: HELLO }],
    };
    const { api } = await start({ shortWay, trusted: { documents } });
    expect(await post(api, { extensions: persistedQuery(HELLO), variables })).toMatchObject(ADA);
  });
});

describe.each([
  ['the short way', true],
  ['the long way', false],
])('where there are no others, on %s', (_name, shortWay) => {
  const only = { shortWay, trusted: { documents: DOCUMENTS, only: true } };
  const REFUSED = {
    status: 403,
    body: {
      errors: [
        {
          message: 'Only documents that this gateway knows are answered; name one by its id',
          extensions: { code: 'FORBIDDEN', requestId: 'request-1' },
        },
      ],
    },
  };

  it.each([
    ['text', { query: '{ other }' }],
    ['text with spaces more', { query: `${HELLO} ` }],
    ['text with its hash', { query: '{ other }', extensions: persistedQuery('{ other }') }],
    ['text with its id', { query: '{ other }', documentId: `sha256:${sha256('{ other }')}` }],
    ['introspection', { query: '{ __schema { queryType { name } } }' }],
    ['the least', { query: '{ __typename }' }],
    ['text that is no GraphQL', { query: '{' }],
    ['nothing', { query: '' }],
    ['parameters that the short way does not read', { query: '{ other }', operationName: 7 }],
  ])('refuses %s', async (_what, asked) => {
    const { api, main } = await start(only);
    expect(await post(api, asked)).toMatchObject(REFUSED);
    if (asked.query !== '') expect(await get(api, asked)).toMatchObject(REFUSED);
    expect(main.calls()).toEqual([]);
  });

  it('finds what was persisted nowhere, whatever came before', async () => {
    const { api } = await start(only);
    const extensions = persistedQuery('{ other }');
    await post(api, { query: '{ other }', extensions });
    expect(await post(api, { extensions })).toMatchObject(UNKNOWN);
  });

  it('answers the trusted ones, also by their text', async () => {
    const { api } = await start(only);
    expect(await post(api, { documentId: 'hello1', variables })).toMatchObject(ADA);
    expect(await post(api, { query: HELLO, variables })).toMatchObject(ADA);
    expect(await post(api, { query: HELLO, extensions: persistedQuery(HELLO), variables })).toMatchObject(
      ADA,
    );
    expect(await get(api, { query: HELLO, variables })).toMatchObject(ADA);
  });

  it('refuses text under the id of another document', async () => {
    const { api } = await start(only);
    const asked = { query: '{ other }', extensions: persistedQuery(HELLO) };
    expect(await post(api, asked)).toMatchObject({ status: 400 });
  });

  it('shows no page that could ask nothing, unless it is asked for', async () => {
    const browser = { headers: { accept: 'text/html' } };
    const { api } = await start(only);
    expect((await fetch(api.url, browser)).status).toBe(406);
    const shown = await start({ ...only, graphql: { graphiql: true } });
    expect((await fetch(shown.api.url, browser)).status).toBe(200);
  });

  it('keeps operations of the gateway’s own out of it', async () => {
    const { api } = await start(only);
    const answer = await api.engine.execute({ document: '{ other }' }, testScope());
    expect(answer.text).toBe('{"data":{"other":"Hello null"}}');
  });
});
