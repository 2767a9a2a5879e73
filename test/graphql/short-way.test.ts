import fc from 'fast-check';
import { auditServer } from 'graphql-http';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { persistedQuery, sha256 } from '../support/document-client.ts';
import { type Gateway, startGateway } from '../support/graphql-gateway.ts';
import { Reply, type RestService, startRestService } from '../support/graphql-service.ts';
import { type GuardedServer, startGuardedServer } from '../support/guarded-server.ts';
import { sendRaw } from '../support/raw-http.ts';

const SDL = `
  scalar Any
  input In { name: String, deep: In, any: Any }
  type Query {
    hello(name: String = "you"): String @connect(source: "main", http: { GET: "/hello", queryParams: "n: $args.name" }, selection: "$.text")
    echo(any: Any, n: Int, f: Float, list: [String!], in: In): String
      @connect(source: "main", http: { POST: "/echo", body: "$args" }, selection: "$.text")
    user(id: ID!): User @connect(source: "main", http: { GET: "/users/{$args.id}" }, selection: "id name friend: { id: friend }")
    shaky: String @connect(source: "main", http: { GET: "/shaky" }, selection: "$.text") @fallback(value: "as ever")
    broken: String @connect(source: "main", http: { GET: "/shaky" }, selection: "$.text", errors: { message: "error" })
    needed: String! @connect(source: "main", http: { GET: "/shaky" }, selection: "$.text")
    secret: String @connect(source: "main", http: { GET: "/hello" }, selection: "$.text") @authenticated
    node: Node @connect(source: "main", http: { GET: "/users/1" }, selection: "__typename: $('User') id name")
    huge: Any
    constant: Int @connect(selection: "$(42)")
  }
  interface Node { id: ID! }
  type User implements Node @connect(source: "main", http: { GET: "/users/{$this.id}" }, selection: "id name friend: { id: friend }") {
    id: ID!
    name: String
    friend: User
  }
  type Mutation {
    rename(name: String!): String @connect(source: "main", http: { POST: "/rename", body: "name: $args.name" }, selection: "$.text")
  }
`;

let service: RestService;
let short: Gateway;
let long: Gateway;
/** The same two behind a guard, as in a whole gateway. */
let guarded: { readonly short: GuardedServer; readonly long: GuardedServer };

beforeAll(async () => {
  service = await startRestService({
    'GET /hello': ({ url }) => ({ text: `Hello ${url.searchParams.get('n')}` }),
    'POST /echo': ({ body }) => ({ text: JSON.stringify(body) }),
    'POST /rename': ({ body }) => ({ text: (body as { name: string }).name }),
    'GET /users/*': ({ segments }) => ({ id: segments[1], name: `User "${segments[1]}" ☃`, friend: '2' }),
    'GET /shaky': () => new Reply(503, { error: 'out of order' }),
  });
  const options = {
    sdl: SDL,
    services: { main: service.url },
    server: { bodyLimit: '4kb' },
    resolvers: {
      file: 'resolvers.ts',
      fields: new Map([['Query.huge', { resolve: () => 10n, requires: [] }]]),
    },
  };
  short = await startGateway(options);
  long = await startGateway({ ...options, shortWay: false });
  const behindGuard = ({ engine }: Gateway) =>
    startGuardedServer({ server: options.server, entry: engine.entry });
  guarded = { short: await behindGuard(short), long: await behindGuard(long) };
});

afterAll(async () => {
  await guarded.short.close();
  await guarded.long.close();
  await short.close();
  await long.close();
  await service.close();
});

interface RawRequest {
  readonly method?: string;
  readonly target?: string;
  /** Undefined: as a well-behaved client says them. */
  readonly accept?: string | null;
  readonly type?: string | null;
  readonly extra?: readonly string[];
  readonly body?: string | Buffer | object;
}

/** The bytes of an answer to the request, without what is another one each time. */
async function answerOf(gateway: { readonly url: string }, request: RawRequest): Promise<string> {
  const { method = 'POST', target = '/graphql', accept = 'application/json', extra = [] } = request;
  const { type = method === 'POST' ? 'application/json' : null, body } = request;
  const content =
    typeof body === 'string' || Buffer.isBuffer(body)
      ? Buffer.from(body as string)
      : Buffer.from(body === undefined ? '' : JSON.stringify(body));
  const lines = [
    `${method} ${target} HTTP/1.1`,
    'Host: test',
    'Connection: close',
    'X-Request-ID: request-1',
    ...(accept === null ? [] : [`Accept: ${accept}`]),
    ...(type === null ? [] : [`Content-Type: ${type}`]),
    ...(body === undefined ? [] : [`Content-Length: ${content.length}`]),
    ...extra,
  ];
  const bytes = Buffer.concat([Buffer.from(`${lines.join('\r\n')}\r\n\r\n`, 'utf8'), content]);
  const text = await sendRaw(Number(new URL(gateway.url).port), bytes);
  return text.replace(/^(Date|traceparent): .*\r\n/gm, '');
}

async function expectSame(request: RawRequest): Promise<void> {
  const ask = (gateway: { readonly url: string }) => answerOf(gateway, request);
  const [one, other] = await Promise.all([ask(short), ask(long)]);
  expect(one).toBe(other);
  const [oneGuarded, otherGuarded] = await Promise.all([ask(guarded.short), ask(guarded.long)]);
  expect(oneGuarded).toBe(otherGuarded);
  // Once more, from memory.
  expect(await ask(short)).toBe(one);
}

const get = (query: string, rest = '') => `/graphql?query=${encodeURIComponent(query)}${rest}`;
const ECHO =
  'query E($any: Any, $n: Int, $f: Float, $list: [String!], $in: In) { echo(any: $any, n: $n, f: $f, list: $list, in: $in) }';
const KEPT = 'query Kept($n: String) { hello(name: $n) }';
const TWO = 'query A { hello } query B { constant }';

const documents: readonly string[] = [
  '{ hello }',
  '{ a: hello(name: "A") b: hello(name: "Ünï☃😀\\n\\u0000\\"") }',
  '{ __typename }',
  '{ constant }',
  '{ constant __typename c: constant }',
  'query Q { hello }',
  '# a comment\n{ hello }',
  '{ user(id: 7) { id name friend { ...F } } } fragment F on User { name friend { id } }',
  '{ node { __typename id ... on User { name } } }',
  '{ shaky }',
  '{ shaky hello }',
  '{ broken hello }',
  '{ broken a: broken }',
  '{ needed hello }',
  '{ secret hello }',
  '{ huge hello }',
  '{ __schema { queryType { name } } }',
  '{ hello @skip(if: true) constant @include(if: false) }',
  '{ hello @nope }',
  '{ helo }',
  '{ hello(name: 7) }',
  '{ hello',
  '',
  ' ',
  'subscription { hello }',
  'mutation { rename(name: "x") }',
  'mutation { a: rename(name: "x") b: rename(name: "y") }',
  'fragment F on User { id }',
  '{ hello } fragment F on User { id }',
  '{ hello } { constant }',
  TWO,
];

const requests: readonly (readonly [string, RawRequest])[] = [
  ...documents.flatMap((query): [string, RawRequest][] => [
    [`POST of ${query}`, { body: { query } }],
    [`POST of ${query}, newer type`, { body: { query }, accept: 'application/graphql-response+json' }],
    [`GET of ${query}`, { method: 'GET', target: get(query) }],
  ]),
  ...[
    null,
    '',
    '*/*',
    'application/*',
    'text/html',
    'text/html, */*;q=0.1',
    'text/event-stream',
    'image/png',
    'text/event-stream, application/json',
    'multipart/mixed, application/json',
    'application/json;q=0',
    'application/graphql-response+json; charset=utf-8, application/json; charset=utf-8',
    'APPLICATION/JSON',
    'application/json;q=0.5, application/graphql-response+json;q=0.1',
    'application/json;q=x',
    ',',
  ].flatMap((accept): [string, RawRequest][] => [
    [`POST with Accept ${accept}`, { accept, body: { query: '{ hello }' } }],
    [`GET with Accept ${accept}`, { accept, method: 'GET', target: get('{ hello }') }],
    [`a faulty POST with Accept ${accept}`, { accept, body: { query: '{ helo }' } }],
  ]),
  [
    'two Accept lines',
    {
      accept: 'image/png',
      extra: ['accept: application/graphql-response+json'],
      body: { query: '{ hello }' },
    },
  ],
  ...[
    null,
    '',
    'text/plain',
    'application/json; charset=utf-8',
    'application/json;charset=UTF-16',
    'application/json ; x=y',
    'Application/JSON',
    'application/json, text/plain',
    'application/jsonx',
    'application/graphql',
    'application/graphql+json',
    'application/x-www-form-urlencoded',
    'multipart/form-data; boundary=x',
  ].map((type): [string, RawRequest] => [`Content-Type ${type}`, { type, body: { query: '{ hello }' } }]),
  ['an encoded body', { extra: ['Content-Encoding: gzip'], body: { query: '{ hello }' } }],
  ['a body encoded as it is', { extra: ['Content-Encoding: identity'], body: { query: '{ hello }' } }],
  ...[
    '',
    ' ',
    '{',
    '{"query"',
    'null',
    'true',
    '7',
    '"{ hello }"',
    '[]',
    '[{"query":"{ hello }"}]',
    '{}',
    '{"query":null}',
    '{"query":7}',
    '{"query":["{ hello }"]}',
    '\uFEFF{"query":"{ hello }"}',
    '{"query":"{ hello }"}\n\n',
    ' {"query" : "{ hello }" } ',
    '{"query":"{ hello }"} x',
    '?query={hello}',
    '{"query":"{ hello }","query":"{ constant }"}',
    '{"query":"{ hello }","query":null}',
    '{"query":"{ hello }","__proto__":{"variables":7}}',
    '{"query":"{ hello }","__proto__":null}',
    '{"query":"{ hello }","constructor":1}',
    '{"query":"{ hello }","more":null}',
    '{"query":"{ hello }","more":1}',
    '{"QUERY":"{ hello }"}',
    "{'query':'{ hello }'}",
    '{"query":"{ hello }","toString":null}',
    '{"query":"{ hello \\ud800 }"}',
    '{"query":"{ hello(name: \\"\\ud800\\") }"}',
  ].map((body): [string, RawRequest] => [`the body ${body}`, { body }]),
  [
    'bytes that are no UTF-8',
    { body: Buffer.from('7b227175657279223a227b2068656c6c6f286e616d653a205c22ff5c2229207d227d', 'hex') },
  ],
  ['UTF-16', { body: Buffer.from('{"query":"{ hello }"}', 'utf16le') }],
  ['a body over the limit', { body: { query: `{ hello(name: "${'x'.repeat(5000)}") }` } }],
  ...['A', 'B', 'C', '', null, 7, false, {}, ['A'], 'constructor', '__proto__'].flatMap(
    (operationName): [string, RawRequest][] => [
      [`operationName ${JSON.stringify(operationName)} of two`, { body: { query: TWO, operationName } }],
      [
        `operationName ${JSON.stringify(operationName)} of one`,
        { body: { query: 'query A { hello }', operationName } },
      ],
      [
        `operationName ${JSON.stringify(operationName)} and a fault`,
        { body: { query: 'query A { helo }', operationName } },
      ],
      [
        `operationName=${operationName}`,
        { method: 'GET', target: get(TWO, `&operationName=${encodeURIComponent(String(operationName))}`) },
      ],
    ],
  ),
  ...[
    null,
    {},
    [],
    7,
    'x',
    true,
    { n: 1 },
    { n: '1' },
    { n: 1.5 },
    { n: null },
    { n: 2147483648 },
    { f: 1e300 },
    { list: 'a' },
    { list: ['a', null] },
    { in: { name: 'x', deep: { any: [1, { b: null }] } } },
    { in: { nope: 1 } },
    { any: { b: 1, a: [{}] } },
    { other: 1 },
    { any: 'Ünï☃😀\u0000\n"' },
  ].flatMap((variables): [string, RawRequest][] => [
    [`variables ${JSON.stringify(variables)}`, { body: { query: ECHO, variables } }],
    [
      `variables ${JSON.stringify(variables)} where none are asked for`,
      { body: { query: '{ hello }', variables } },
    ],
    [
      `variables=${JSON.stringify(variables)}`,
      { method: 'GET', target: get(ECHO, `&variables=${encodeURIComponent(JSON.stringify(variables))}`) },
    ],
  ]),
  ...[
    '{"f":1e400}',
    '{"f":-0}',
    '{"n":-0}',
    '{"any":{"__proto__":{"a":1},"b":1}}',
    '{"__proto__":{"n":7}}',
    '{"n":1,"n":2}',
    '{"any":12345678901234567890}',
    '{"any":"\\u2028\\ud83d"}',
    `{"any":${'['.repeat(600)}${']'.repeat(600)}}`,
  ].map((variables): [string, RawRequest] => [
    `variables ${variables.slice(0, 50)}`,
    { body: `{"query":${JSON.stringify(ECHO)},"variables":${variables}}` },
  ]),
  ...[null, {}, [], 7, 'x', { persistedQuery: { version: 1, sha256Hash: 'x' } }].map(
    (extensions): [string, RawRequest] => [
      `extensions ${JSON.stringify(extensions)}`,
      { body: { query: '{ hello }', extensions } },
    ],
  ),
  // In this order: the first one has the document kept that others name.
  ...[
    { query: KEPT, extensions: persistedQuery(KEPT) },
    { extensions: persistedQuery(KEPT) },
    { extensions: persistedQuery(KEPT), query: '' },
    { extensions: persistedQuery(KEPT), query: null },
    { extensions: persistedQuery(KEPT), query: '{ constant }' },
    { extensions: persistedQuery(KEPT), query: 7 },
    { extensions: persistedQuery(KEPT), query: ['{ hello }'] },
    { extensions: persistedQuery(KEPT), variables: [] },
    { extensions: persistedQuery(KEPT), operationName: 'No' },
    { extensions: persistedQuery(KEPT), documentId: 'x' },
    { extensions: persistedQuery('{ unknown }') },
    { extensions: { persistedQuery: null }, query: '{ hello }' },
    { extensions: { persistedQuery: { version: 1, sha256Hash: '' } } },
    { extensions: { persistedQuery: { version: '1', sha256Hash: 'x' } } },
    ...[
      `sha256:${sha256(KEPT)}`,
      sha256(KEPT),
      `SHA256:${sha256(KEPT)}`,
      '',
      'x',
      ':',
      7,
      null,
      {},
      ['x'],
      '__proto__',
    ].map((documentId) => ({ documentId })),
    { documentId: sha256(KEPT).toUpperCase(), query: KEPT },
    { documentId: 'x', query: KEPT },
    { documentId: null, query: '{ hello }' },
  ].flatMap((asked: Record<string, unknown>): [string, RawRequest][] => {
    const search = new URLSearchParams();
    for (const [name, value] of Object.entries(asked))
      search.set(name, typeof value === 'string' ? value : JSON.stringify(value));
    return [
      [`POST of ${JSON.stringify(asked)}`, { body: asked }],
      [`GET of ${JSON.stringify(asked)}`, { method: 'GET', target: `/graphql?${search}` }],
    ];
  }),
  ...[
    '',
    '?',
    '?query',
    '?query=',
    '?query={hello}',
    '?query=%7Bhello%7D&query={constant}',
    '?query={hello}&variables=',
    '?query={hello}&variables={',
    '?query={hello}&variables=null',
    '?query={hello}&variables=[]',
    '?query={hello}&extensions={}',
    '?query={hello}&extensions=x',
    '?query={hello}&operationName=',
    '?query={+hello+}',
    '?query=%7B%20hello',
    '?query=%7B%ff%7D',
    '?query={hello}%',
    '?query={hello}#x',
    '?Query={hello}',
    '?x=1&query={hello}&x=2',
    '?query={hello(name:"a%26b%3Dc")}',
    '?query[]={hello}',
  ].map((search): [string, RawRequest] => [`GET ${search}`, { method: 'GET', target: `/graphql${search}` }]),
  ['a POST with a query in the URL', { target: get('{ constant }'), body: { query: '{ hello }' } }],
  ['a POST with a query in the URL alone', { target: get('{ constant }'), body: {} }],
  [
    'a GET with a body',
    { method: 'GET', target: get('{ hello }'), type: 'application/json', body: { query: '{ constant }' } },
  ],
  ['another path', { target: '/graphql/', body: { query: '{ hello }' } }],
  ...['HEAD', 'PUT', 'DELETE', 'OPTIONS', 'PATCH'].map((method): [string, RawRequest] => [
    method,
    { method, target: get('{ hello }'), type: 'application/json', body: '' },
  ]),
];

describe('a request that goes the short way', () => {
  it.each(requests)('is answered as by the long one: %s', (_name, request) => expectSame(request));

  it('passes the public audit, as the long way does', async () => {
    for (const { url } of [short, long]) {
      const results = await auditServer({ url });
      expect(results.filter(({ status }) => status !== 'ok').map(({ name }) => name)).toEqual([]);
      expect(results.length).toBeGreaterThan(50);
    }
  });

  it('is answered the same, whatever it says', async () => {
    await fc.assert(fc.asyncProperty(anyRequest(), expectSame), { numRuns: 150 });
  });

  it('gives a mutation to no GET, whatever came before', async () => {
    const query = 'mutation { rename(name: "safe") }';
    await answerOf(short, { body: { query } });
    const before = service.requests.length;
    expect(await answerOf(short, { method: 'GET', target: get(query) })).toContain('405');
    expect(
      await answerOf(short, {
        method: 'GET',
        target: get(`${TWO} ${query.replace('mutation', 'mutation M')}`, '&operationName=M'),
      }),
    ).toContain('405');
    expect(service.requests.length).toBe(before);
  });
});

function anyRequest(): fc.Arbitrary<RawRequest> {
  const document = fc.oneof(
    { weight: 4, arbitrary: fc.constantFrom(...documents, ECHO) },
    { weight: 1, arbitrary: fc.string({ unit: 'grapheme', maxLength: 12 }) },
  );
  const odd = fc.oneof(fc.jsonValue({ maxDepth: 2 }), fc.constantFrom('A', 'B', 'Q', 'E', null));
  const variables = fc.oneof(
    fc.record(
      {
        any: fc.jsonValue({ maxDepth: 3 }),
        n: fc.oneof(fc.integer(), odd),
        f: fc.oneof(fc.double(), odd),
        list: fc.array(fc.string()),
      },
      { requiredKeys: [] },
    ),
    odd,
  );
  const parameters = fc.record(
    {
      query: fc.oneof({ weight: 9, arbitrary: document }, { weight: 1, arbitrary: odd }),
      operationName: odd,
      variables,
      extensions: odd,
      more: odd,
    },
    { requiredKeys: ['query'] },
  );
  const text = fc
    .tuple(
      parameters.map((one) => JSON.stringify(one)),
      fc.nat(),
      fc.oneof(
        { weight: 5, arbitrary: fc.constant('') },
        { weight: 1, arbitrary: fc.string({ maxLength: 2 }) },
      ),
    )
    .map(([json, at, inserted]) => {
      const place = at % (json.length + 1);
      return json.slice(0, place) + inserted + json.slice(place);
    });
  const accept = fc.constantFrom(
    'application/json',
    'application/graphql-response+json',
    '*/*',
    'text/html',
    null,
    'text/event-stream, */*',
  );
  const post = fc.record({
    accept,
    body: text,
    type: fc.constantFrom(
      'application/json',
      'application/json',
      'application/json; charset=utf-8',
      'text/plain',
    ),
  });
  const search = parameters.map((one) =>
    new URLSearchParams(
      Object.entries(one).map(([name, value]) => [
        name,
        typeof value === 'string' ? value : JSON.stringify(value),
      ]),
    ).toString(),
  );
  return fc.oneof(
    post,
    fc.record({ accept, method: fc.constant('GET'), target: search.map((one) => `/graphql?${one}`) }),
  );
}
