import { getIntrospectionQuery } from 'graphql';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Gateway, startGateway } from '../../support/graphql-gateway.ts';
import { type RestService, startRestService } from '../../support/graphql-service.ts';

const SDL = `
  type Query {
    me: User @connect(source: "main", http: { GET: "/user" }, selection: "id name friend { id name friend { id name } }")
    users(first: Int = 2): [Person!] @listSize(slicingArguments: ["first"])
      @connect(source: "main", http: { GET: "/users", queryParams: "first: $args.first" }, selection: "id name")
    search(filters: [Filter!], ids: [ID!]): String
      @connect(source: "main", http: { GET: "/user" }, selection: "$.name")
  }
  type Mutation {
    rename(name: String!): Person @connect(source: "main", http: { POST: "/user" }, selection: "id name")
  }
  input Filter { text: String }
  type Person { id: ID! name: String }
  type User { id: ID! name: String friend: User }
`;

const LIMITS = { depth: 4, tokens: 60, aliases: 3, rootFields: 4, cost: 50, calls: 3 };

let service: RestService;
const gateways: Gateway[] = [];
/** The same twice: requests for known operations go the short way in the first, and none does in the second. */
let both: readonly Gateway[];
let shortWay: Gateway;
/** Every limit as it is without a configuration. */
let plain: Gateway;
/** No limit at all but that of introspection. */
let open: Gateway;

beforeAll(async () => {
  const user = { id: '1', name: 'Ada', friend: { id: '2', name: 'Bo', friend: { id: '3', name: 'Cy' } } };
  service = await startRestService({
    'GET /user': () => user,
    'POST /user': () => user,
    'GET /users': () => [user],
  });
  const start = async (graphql: object, shortWay = true) => {
    const gateway = await startGateway({ sdl: SDL, services: { main: service.url }, graphql, shortWay });
    gateways.push(gateway);
    return gateway;
  };
  shortWay = await start({ limits: LIMITS });
  both = [shortWay, await start({ limits: LIMITS }, false)];
  plain = await start({});
  const none = Object.fromEntries(Object.keys(LIMITS).map((name) => [name, 0]));
  open = await start({ limits: none });
});

afterAll(async () => {
  for (const one of gateways) await one.close();
  await service.close();
});

type Variables = Record<string, unknown>;

/** One request in each of the ways in which an operation may come; what is answered must not depend on it. */
const REQUESTS: readonly (readonly [
  string,
  (url: string, query: string, variables?: Variables) => Promise<Response>,
])[] = [
  ['POST', (url, query, variables) => post(url, { query, variables }, 'application/json')],
  [
    'POST for the newer type',
    (url, query, variables) => post(url, { query, variables }, 'application/graphql-response+json'),
  ],
  [
    'GET',
    (url, query, variables) =>
      fetch(
        `${url}?${new URLSearchParams({ query, ...(variables && { variables: JSON.stringify(variables) }) })}`,
      ),
  ],
  [
    'POST for parts',
    (url, query, variables) => post(url, { query, variables }, 'multipart/mixed, application/json'),
  ],
];

function post(url: string, body: unknown, accept: string): Promise<Response> {
  return fetch(url, {
    method: 'POST',
    headers: { 'content-type': 'application/json', accept },
    body: JSON.stringify(body),
  });
}

async function expectRefused(
  text: string,
  message: string,
  variables?: Variables,
  code = 'OPERATION_TOO_COSTLY',
) {
  const before = service.requests.length;
  for (const gateway of both) {
    for (const [way, send] of REQUESTS) {
      // Twice: what is remembered must not have been let in.
      for (let i = 0; i < 2; i++) {
        const response = await send(gateway.url, text, variables);
        const body = (await response.json()) as { errors: { message: string; extensions: object }[] };
        expect([way, response.status, body]).toEqual([
          way,
          400,
          { errors: [{ message, extensions: { code, requestId: expect.any(String) } }] },
        ]);
      }
    }
  }
  expect(service.requests.length).toBe(before);
}

async function expectAnswered(text: string, variables?: Variables) {
  for (const gateway of both) {
    for (const [way, send] of REQUESTS) {
      const response = await send(gateway.url, text, variables);
      const body = (await response.json()) as object;
      expect([way, response.status, body]).toEqual([way, 200, { data: expect.any(Object) }]);
    }
  }
}

const words = (count: number) => `{ me { ${'id '.repeat(count - 5)} } }`;

describe('an operation', () => {
  it.each([
    [
      'levels',
      '{ me { friend { friend { id } } } }',
      '{ me { friend { friend { friend { id } } } } }',
      'The operation is 5 levels deep; at most 4 are allowed',
    ],
    [
      'levels in fragments',
      '{ me { ...F } } fragment F on User { friend { ...G } } fragment G on User { friend { id } }',
      '{ me { ...F } } fragment F on User { friend { ...G } } fragment G on User { friend { friend { id } } }',
      'The operation is 5 levels deep; at most 4 are allowed',
    ],
    ['tokens', words(60), words(61), 'The document has more than 60 tokens; at most 60 are allowed'],
    [
      'aliases',
      '{ me { a: id b: id c: id } }',
      '{ me { a: id b: id c: id d: id } }',
      'The operation has 4 aliases; at most 3 are allowed',
    ],
    [
      'aliases in fragments',
      '{ me { ...F friend { ...F } c: id } } fragment F on User { a: id }',
      '{ me { ...F friend { ...F } } } fragment F on User { a: id b: name }',
      'The operation has 4 aliases; at most 3 are allowed',
    ],
    [
      'root fields',
      '{ me { id } me { name } search __typename }',
      '{ me { id } ...F ...F } fragment F on Query { me { name } search }',
      'The operation has 5 root fields; at most 4 are allowed',
    ],
    [
      'cost',
      '{ users(first: 49) { id } }',
      '{ users(first: 50) { id } }',
      'The operation has a type cost of 51; at most 50 is allowed',
    ],
    [
      'calls',
      '{ me { id } users { id } search }',
      '{ me { id } a: users { id } b: users(first: 3) { id } search }',
      'The operation may need 4 upstream calls; at most 3 are allowed',
    ],
  ])(
    'is answered with as many %s as are allowed, and refused with one more',
    async (_what, most, more, message) => {
      await expectAnswered(most);
      await expectRefused(more, message);
    },
  );

  it('is judged by its variables', async () => {
    const text = 'query ($n: Int) { users(first: $n) { id } }';
    await expectAnswered(text, { n: 49 });
    await expectRefused(text, 'The operation has a type cost of 1001; at most 50 is allowed', { n: 1000 });
    await expectAnswered(text, { n: 1 });
    await expectAnswered(text);
    const costly =
      'query ($all: Boolean!) { users(first: 30) { id } more: users(first: 40) @include(if: $all) { id } }';
    await expectAnswered(costly, { all: false });
    await expectRefused(costly, 'The operation has a type cost of 71; at most 50 is allowed', { all: true });
    const input = 'query ($f: [Filter!]) { search(filters: $f) }';
    const filters = (length: number) => ({ f: Array.from({ length }, () => ({ text: 'a' })) });
    await expectAnswered(input, filters(50));
    await expectRefused(input, 'The operation has a field cost of 51; at most 50 is allowed', filters(51));
  });

  it('is told what is wrong with its variables rather than what they would cost', async () => {
    for (const gateway of both) {
      const answer = await gateway.query('query ($n: Int) { users(first: $n) { id } }', {
        variables: { n: 'many' },
      });
      expect(answer.body.errors).toMatchObject([{ extensions: { code: 'BAD_USER_INPUT' } }]);
    }
  });

  it('is judged alone where a document has several', async () => {
    const document = 'query Fine { me { id } } query Deep { me { friend { friend { friend { id } } } } }';
    for (const gateway of both) {
      expect((await gateway.query(document, { operationName: 'Fine' })).body).toEqual({
        data: { me: { id: '1' } },
      });
      const { status, body } = await gateway.query(document, { operationName: 'Deep' });
      expect([status, body.errors?.[0]?.message]).toEqual([
        400,
        'The operation is 5 levels deep; at most 4 are allowed',
      ]);
    }
  });

  it('may be a mutation', async () => {
    for (const gateway of both) {
      const text =
        'mutation { a: rename(name: "a") { id } b: rename(name: "b") { id } c: rename(name: "c") { id }';
      expect((await gateway.query(`${text} }`)).status).toBe(200);
      const { status, body } = await gateway.query(`${text} rename(name: "d") { id } }`);
      expect([status, body.errors?.[0]?.message]).toEqual([
        400,
        'The operation may need 4 upstream calls; at most 3 are allowed',
      ]);
    }
  });

  it('is run however large it is where nothing is limited', async () => {
    const friends = `${'friend { '.repeat(3)}id${' }'.repeat(3)}`;
    const aliases = Array.from({ length: 200 }, (_, i) => `a${i}: me { b: id ${friends} }`).join(' ');
    expect((await open.query(`{ ${aliases} }`)).body.errors).toBe(undefined);
    expect((await open.query('{ users(first: 100000) { id } }')).status).toBe(200);
  });
});

describe('introspection', () => {
  const standard = getIntrospectionQuery({ inputValueDeprecation: true, specifiedByUrl: true, oneOf: true });

  it('is answered as tools ask for it, whatever the depth', async () => {
    for (const gateway of [plain, open]) {
      const { status, body } = await gateway.query(standard);
      expect([status, Object.keys(body.data ?? {})]).toEqual([200, ['__schema']]);
    }
    const { status } = await shortWay.query(
      '{ __type(name: "User") { fields { type { ofType { ofType { name } } } } } }',
    );
    expect(status).toBe(200);
  });

  it.each([
    [
      '{ __schema { types { fields { type { fields { name } } } } } }',
      'The introspection asks for 3 lists of types and fields within each other; at most 2 are allowed',
    ],
    [
      '{ __type(name: "User") { ...T } } fragment T on __Type { fields { type { interfaces { possibleTypes { name } } } } }',
      'The introspection asks for 3 lists of types and fields within each other; at most 2 are allowed',
    ],
    [
      `{ __type(name: "User") { ${'ofType { '.repeat(20)} name ${'} '.repeat(20)} } }`,
      'The introspection is 21 levels deep; at most 20 are allowed',
    ],
  ])('is refused where it goes further: %s', async (text, message) => {
    for (const gateway of [plain, open]) {
      const { status, body } = await gateway.query(text);
      expect([status, body.errors]).toMatchObject([
        400,
        [{ message, extensions: { code: 'OPERATION_TOO_COSTLY' } }],
      ]);
    }
  });
});

const doubling = (levels: number, field: string) =>
  Array.from(
    { length: levels },
    (_, i) => `fragment F${i} on User { ${field} ...F${i + 1} ...F${i + 1} }`,
  ).join(' ');

describe('a bomb', () => {
  const BOMBS: readonly (readonly [string, string])[] = [
    ['of aliases', `{ ${Array.from({ length: 50_000 }, (_, i) => `a${i}: search`).join(' ')} }`],
    ['of levels', `{ me ${'{ friend '.repeat(40_000)}{ id }${'}'.repeat(40_000)} }`],
    ['of one field', `{ ${'search '.repeat(100_000)} }`],
    ['of arguments', `{ search(ids: [${'1-1'.repeat(200_000)}]) }`],
    ['of lists', `{ search(ids: ${'['.repeat(200_000)}${']'.repeat(200_000)}) }`],
    ['of comments', `{ me { id } } ${'#\n'.repeat(300_000)}`],
    ['of directives', `{ me ${'@skip(if: false) '.repeat(50_000)} { id } }`],
    [
      'of variables',
      `query (${Array.from({ length: 50_000 }, (_, i) => `$v${i}: Int`).join(' ')}) { search }`,
    ],
    [
      'of fragments',
      `{ me { id } } ${Array.from({ length: 20_000 }, (_, i) => `fragment F${i} on User { id }`).join(' ')}`,
    ],
  ];

  it.each(BOMBS)('%s is refused before it is parsed', async (_what, text) => {
    const { status, body } = await plain.query(text);
    expect([status, body.errors?.map(({ message }) => message)]).toEqual([
      400,
      ['The document has more than 2000 tokens; at most 2000 are allowed'],
    ]);
  });

  it.each([
    [
      'of aliases',
      `{ me { ...F0 } } ${doubling(40, 'x: id')} fragment F40 on User { id }`,
      /^The operation has \d+ aliases/,
    ],
    [
      'of levels',
      `{ me { ...F0 } } ${Array.from({ length: 40 }, (_, i) => `fragment F${i} on User { friend { ...F${i + 1} } }`).join(' ')} fragment F40 on User { id }`,
      /^The operation is 42 levels deep/,
    ],
    [
      'of root fields',
      `{ ...F0 } ${doubling(40, '__typename').replaceAll('User', 'Query')} fragment F40 on Query { search }`,
      /^The operation has \d+ root fields/,
    ],
    [
      'of introspection',
      `{ __schema { types { ...F0 } } } ${doubling(40, 'fields { type { ofType { name } } }').replaceAll('User', '__Type')} fragment F40 on __Type { interfaces { fields { name } } }`,
      /^The introspection asks for 3 lists/,
    ],
    [
      'of cost',
      `{ me { ...F0 } } ${Array.from({ length: 9 }, (_, i) => `fragment F${i} on User { friend { ...F${i + 1} } ${[0, 1, 2].map((j) => `a${i}${j}: friend { ...F${i + 1} }`).join(' ')} }`).join(' ')} fragment F9 on User { id }`,
      /^The operation has \d+ aliases/,
    ],
  ])('%s in doubling fragments is refused at once', async (_what, text, message) => {
    const { status, body } = await plain.query(text);
    expect([status, body.errors]).toMatchObject([
      400,
      [{ message: expect.stringMatching(message), extensions: { code: 'OPERATION_TOO_COSTLY' } }],
    ]);
  });

  it('of fragments that spread themselves is refused as such', async () => {
    const cycle =
      '{ me { ...A } } fragment A on User { friend { ...B } } fragment B on User { friend { ...A } }';
    expect((await plain.query(cycle)).body.errors).toMatchObject([
      { extensions: { code: 'GRAPHQL_VALIDATION_FAILED' } },
    ]);
  });

  it('of operations in one body is refused', async () => {
    for (const gateway of both) {
      const response = await post(
        gateway.url,
        Array(1000).fill({ query: '{ me { id } }' }),
        'application/json',
      );
      expect([response.status, await response.json()]).toMatchObject([
        400,
        { errors: [{ extensions: { code: 'BAD_USER_INPUT' } }] },
      ]);
    }
  });
});
