import { describe, expect, it } from 'vitest';
import { get, post } from '../support/document-client.ts';
import { useGraphqlFixture } from '../support/graphql-fixture.ts';
import type { GatewayOptions } from '../support/graphql-gateway.ts';

const { service, gateway } = useGraphqlFixture();

const SDL = `
  enum Colour { CRIMSON TURQUOISE }
  input Wish { colour: Colour, amount: Int!, nested: Wish }
  interface Thing { title: String }
  type Book implements Thing { title: String, subtitle: String }
  type Query {
    favourite(colour: Colour, wish: Wish, list: [Colour!]): String
      @connect(source: "main", http: { GET: "/hello" }, selection: "$.text")
    thing: Thing @connect(source: "main", http: { GET: "/thing" }, selection: "__typename: $('Book') title subtitle")
  }
  type Mutation { paint(colour: Colour): String @connect(source: "main", http: { POST: "/paint" }, selection: "$.text") }
`;

async function start(options: Partial<GatewayOptions>) {
  const main = await service({
    'GET /hello': () => ({ text: 'hello' }),
    'GET /thing': () => ({ title: 'T', subtitle: 'S' }),
  });
  return gateway({ sdl: SDL, services: { main: main.url }, ...options });
}

/** Near misses: each is one letter away from a name that the schema has. */
const SLIPS: readonly (readonly [string, Record<string, unknown>])[] = [
  ['a field', { query: '{ favorite }' }],
  ['a field of another type', { query: '{ thing { subtitle } }' }],
  ['an argument', { query: '{ favourite(color: CRIMSON) }' }],
  ['a missing selection', { query: '{ thing }' }],
  ['a type', { query: '{ thing { ... on Bok { title } } }' }],
  ['a variable’s type', { query: 'query ($c: Color) { favourite(colour: $c) }' }],
  ['a directive’s argument', { query: '{ favourite @skip(iff: true) }' }],
  ['an enum value', { query: '{ favourite(colour: CRIMSN) }' }],
  ['an enum value in a list', { query: '{ favourite(list: [CRIMSON, TURQOISE]) }' }],
  ['an enum value as text', { query: '{ favourite(colour: "CRIMSON") }' }],
  ['a field of an input', { query: '{ favourite(wish: { amont: 1, amount: 1 }) }' }],
  ['an enum value in an input', { query: '{ favourite(wish: { amount: 1, colour: CRIMSN }) }' }],
  [
    'an enum value in a variable',
    { query: 'query ($c: Colour) { favourite(colour: $c) }', variables: { c: 'CRIMSN' } },
  ],
  [
    'an enum value in a variable that two use',
    {
      query: 'query ($c: Colour) { favourite(colour: $c) a: favourite(wish: { colour: $c, amount: 1 }) }',
      variables: { c: 'TURQUOIS' },
    },
  ],
  [
    'a field of an input in a variable',
    { query: 'query ($w: Wish) { favourite(wish: $w) }', variables: { w: { amount: 1, colr: 'CRIMSON' } } },
  ],
  [
    'an enum value deep in a variable',
    {
      query: 'query ($w: Wish) { favourite(wish: $w) }',
      variables: { w: { amount: 1, nested: { amount: 1, colour: 'CRIMSN' } } },
    },
  ],
  [
    'a variable of a mutation',
    { query: 'mutation ($c: Colour) { paint(colour: $c) }', variables: { c: 'CRIMSN' } },
  ],
  [
    'an operation’s name',
    { query: 'query Favourite { favourite } query Other { thing { title } }', operationName: 'Favorite' },
  ],
];

describe.each([
  ['the short way', true],
  ['the long way', false],
])('in production, on %s,', (_name, shortWay) => {
  it.each(SLIPS)('nobody is told what was meant by %s', async (_what, asked) => {
    const api = await start({ shortWay, development: false });
    for (let i = 0; i < 2; i++) {
      const answers = [await post(api, asked)];
      if (!String(asked.query).startsWith('mutation')) answers.push(await get(api, asked));
      for (const { body } of answers) {
        expect(body).toHaveProperty('errors');
        expect(JSON.stringify(body)).not.toMatch(/did you mean/i);
        // Of the names that were not in the request, none is in the answer.
        for (const name of ['TURQUOISE', 'subtitle', 'nested', 'list'])
          if (!JSON.stringify(asked).includes(name)) expect(JSON.stringify(body)).not.toContain(name);
      }
    }
  });

  it.each([
    '{ __schema { queryType { name } } }',
    '{ __type(name: "Book") { name } }',
    'query Q { thing { __typename } __schema { types { name } } }',
    'query Q { ...F } fragment F on Query { __schema { types { name } } }',
    'mutation { __schema { types { name } } }',
    'query Q($never: Boolean = false) { __schema @include(if: $never) { types { name } } }',
  ])('the schema is not shown: %s', async (query) => {
    const api = await start({ shortWay, development: false });
    for (const answer of [await post(api, { query }), await get(api, { query })]) {
      expect(answer.body).not.toHaveProperty('data');
      expect(JSON.stringify(answer.body)).toMatch(/GRAPHQL_VALIDATION_FAILED|METHOD_NOT_ALLOWED/);
      expect(JSON.stringify(answer.body)).not.toContain('Book"}');
    }
  });

  it('names of types that were asked for are', async () => {
    const api = await start({ shortWay, development: false });
    const query = '{ __typename thing { __typename title } }';
    const answer = { data: { __typename: 'Query', thing: { __typename: 'Book', title: 'T' } } };
    expect((await post(api, { query })).body).toEqual(answer);
    expect((await get(api, { query })).body).toEqual(answer);
  });

  it('the schema is shown if that is asked for, and not in development if not', async () => {
    const query = '{ __schema { queryType { name } } }';
    const shown = await start({ shortWay, development: false, graphql: { introspection: true } });
    expect((await post(shown, { query })).body).toEqual({
      data: { __schema: { queryType: { name: 'Query' } } },
    });
    const hidden = await start({ shortWay, graphql: { introspection: false } });
    expect((await post(hidden, { query })).body).not.toHaveProperty('data');
    expect(JSON.stringify((await post(hidden, { query: '{ favorite }' })).body)).not.toMatch(/did you mean/i);
  });
});

describe('in development', () => {
  it.each(SLIPS.slice(0, -1))('somebody is told what was meant by %s', async (_what, asked) => {
    const api = await start({});
    const { body } = await post(api, asked);
    expect(JSON.stringify(body)).toMatch(/did you mean/i);
  });
});
