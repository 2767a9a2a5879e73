import { buildSchema, GraphQLError } from 'graphql';
import { afterEach, describe, expect, test } from 'vitest';
import { GatewayError } from '../../src/kernel/error.ts';
import { type RestDoor, startRestDoor } from '../support/rest-door.ts';

let door: RestDoor;
afterEach(() => door.close());

const schema = buildSchema(`
  scalar JSON
  enum Colour { RED GREEN }
  input Filter { colour: Colour, min: Int }
  type Query {
    echo(id: ID, first: Int, ratio: Float, flag: Boolean, colour: Colour, tags: [Int!], filter: Filter, text: String): JSON
    user(id: ID!): User
    other: String
    strict: String!
  }
  type User { id: ID! name: String }
  type Mutation { rename(id: ID!, name: String!): User }
`);

const rootValue = {
  echo: (args: object) => args,
  user: ({ id }: { id: string }) => ({ id, name: 'Ada' }),
  rename: (args: object) => args,
};

async function open(routes: string, root: object = rootValue): Promise<void> {
  door = await startRestDoor({
    config: `services: {}\ngraphql: {}\nroutes:\n${routes}`,
    schema,
    rootValue: root,
  });
}

async function ask(path: string, init: RequestInit = {}) {
  const response = await fetch(door.url + path, init);
  return {
    status: response.status,
    headers: response.headers,
    body: JSON.parse((await response.text()) || 'null'),
  };
}

function send(body: unknown, method = 'POST'): RequestInit {
  return { method, headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) };
}

const ECHO = `  - path: "/echo/{id}"
    operation: |
      query ($id: ID, $first: Int = 20, $ratio: Float, $flag: Boolean, $colour: Colour, $tags: [Int!], $filter: Filter, $text: String) {
        echo(id: $id, first: $first, ratio: $ratio, flag: $flag, colour: $colour, tags: $tags, filter: $filter, text: $text)
      }`;

test('answers with the data of the operation', async () => {
  await open('  - { path: "/users/{id}", operation: "query ($id: ID!) { user(id: $id) { id name } }" }');
  const { status, headers, body } = await ask('/users/a%2Fb');
  expect(status).toBe(200);
  expect(headers.get('content-type')).toBe('application/json');
  expect(body).toEqual({ user: { id: 'a/b', name: 'Ada' } });
});

describe('variables', () => {
  test('of the query are converted to their types', async () => {
    await open(ECHO);
    const { body } = await ask(
      '/echo/7?first=5&ratio=1e-2&flag=true&colour=GREEN&tags=1&tags=2&text=9&filter=%7B%22colour%22%3A%22RED%22%2C%22min%22%3A3%7D',
    );
    expect(body.echo).toEqual({
      id: '7',
      first: 5,
      ratio: 0.01,
      flag: true,
      colour: 'GREEN',
      tags: [1, 2],
      text: '9',
      filter: { colour: 'RED', min: 3 },
    });
  });

  test('of the body come as JSON; the path counts most, then the query', async () => {
    await open(ECHO);
    const { body } = await ask(
      '/echo/7?first=5',
      send({ id: 'no', first: 6, flag: false, tags: [3], extra: 1 }),
    );
    expect(body.echo).toEqual({ id: '7', first: 5, flag: false, tags: [3] });
  });

  test('a single value is a list of one; what is absent has its default', async () => {
    await open(ECHO);
    expect((await ask('/echo/7?tags=4')).body.echo).toEqual({ id: '7', first: 20, tags: [4] });
  });

  test.each([
    ['first=five', 'first', 'must be a whole number'],
    ['first=', 'first', 'must be a whole number'],
    ['first=3000000000', 'first', 'Int cannot represent non 32-bit signed integer value: 3000000000'],
    ['first=1&first=2', 'first', 'was given more than once'],
    ['ratio=half', 'ratio', 'must be a number'],
    ['flag=yes', 'flag', 'must be true or false'],
    ['colour=BLUE', 'colour', 'must be one of RED, GREEN'],
    ['tags=1&tags=x', 'tags', 'must be a whole number'],
    ['filter=x', 'filter', 'must be a JSON object'],
    ['filter=%7B%22min%22%3A%22x%22%7D', 'filter', 'min: Int cannot represent non-integer value: "x"'],
  ])('%s is refused by name', async (query, parameter, detail) => {
    await open(ECHO);
    const { status, body } = await ask(`/echo/7?${query}`);
    expect(status).toBe(400);
    expect(body.errors).toEqual([{ parameter, detail }]);
  });

  test('all that are missing are named at once', async () => {
    await open(
      '  - { path: /rename, operation: "mutation ($id: ID!, $name: String!) { rename(id: $id, name: $name) { id } }" }',
    );
    const { status, body } = await ask('/rename', send({}));
    expect(status).toBe(400);
    expect(body.errors).toEqual([
      { parameter: 'id', detail: 'is required' },
      { parameter: 'name', detail: 'is required' },
    ]);
  });

  test('a body that is no JSON object is refused', async () => {
    await open(ECHO);
    expect((await ask('/echo/7', send([1]))).status).toBe(400);
    expect((await ask('/echo/7', { method: 'POST', body: 'a=1' })).status).toBe(415);
  });
});

test('a mutation does not listen to GET', async () => {
  await open(
    '  - { path: "/users/{id}", operation: "mutation ($id: ID!, $name: String!) { rename(id: $id, name: $name) { id name } }" }',
  );
  const refused = await ask('/users/5?name=x');
  expect(refused.status).toBe(405);
  expect(refused.headers.get('allow')).toBe('DELETE, PATCH, POST, PUT');
  expect((await ask('/users/5', send({ name: 'Eve' }, 'PUT'))).body).toEqual({
    rename: { id: '5', name: 'Eve' },
  });
});

test('mappings shape what goes in and what comes out', async () => {
  await open(`  - path: /me
    operation: "query ($id: ID!) { user(id: $id) { id name } }"
    request: { body: "id: $request.headers.'x-id'" }
    response: { headers: { set: { X-Made: here } }, body: "$.user { label: name }" }`);
  const { headers, body } = await ask('/me', { headers: { 'x-id': '9' } });
  expect(headers.get('x-made')).toBe('here');
  expect(body).toEqual({ label: 'Ada' });
});

describe('failure', () => {
  const route = '  - { path: /x, operation: "{ user(id: 1) { id } other }" }';
  const throwing = (error: Error) => () => {
    throw error;
  };

  test('of a part leaves the rest', async () => {
    await open(route, { user: throwing(new GatewayError('UPSTREAM_TIMEOUT', 'slow')), other: 'here' });
    const { status, headers, body } = await ask('/x');
    expect(status).toBe(200);
    expect(headers.get('x-portico-partial')).toBe('1');
    expect(body).toEqual({ user: null, other: 'here' });
  });

  test.each<[string, Error, number, string]>([
    [
      'no caller',
      new GatewayError('UNAUTHENTICATED', 'Authentication required'),
      401,
      'Authentication required',
    ],
    ['a missing role', new GatewayError('FORBIDDEN', 'Forbidden'), 403, 'Forbidden'],
    ['bad input', new GraphQLError('no', { extensions: { code: 'BAD_USER_INPUT' } }), 400, 'Bad request'],
    ['no service', new GatewayError('UPSTREAM_UNREACHABLE', 'x'), 502, 'Bad gateway'],
    ['an open circuit', new GatewayError('CIRCUIT_OPEN', 'x'), 503, 'Service unavailable'],
    ['a slow service', new GatewayError('UPSTREAM_TIMEOUT', 'x'), 504, 'Gateway timeout'],
    ['a fault of the service', upstreamStatus(500), 502, 'Bad gateway'],
    ['a refusal of the service', upstreamStatus(409), 409, 'Conflict'],
    ['credentials of ours that it refuses', upstreamStatus(401), 502, 'Bad gateway'],
    ['a bug', new TypeError('secret'), 500, 'Internal server error'],
  ])('of all of it tells why: %s', async (_, error, expected, title) => {
    await open(route, { user: throwing(error), other: null });
    const { status, body } = await ask('/x');
    expect([status, body.title]).toEqual([expected, title]);
    expect(JSON.stringify(body)).not.toContain('secret');
  });

  test('a non-null root that fails takes all with it', async () => {
    await open('  - { path: /x, operation: "{ other strict }" }', {
      other: 'here',
      strict: throwing(new GatewayError('UPSTREAM_UNREACHABLE', 'x')),
    });
    expect((await ask('/x')).status).toBe(502);
  });
});

function upstreamStatus(status: number): GraphQLError {
  return new GraphQLError('no', { extensions: { code: 'UPSTREAM_STATUS', http: { status } } });
}
