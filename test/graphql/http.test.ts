import { auditServer } from 'graphql-http';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { GatewayError } from '../../src/kernel/error.ts';
import type { Json } from '../../src/kernel/json.ts';
import { type Gateway, startGateway } from '../support/graphql-gateway.ts';
import { startGraphqlServer, testScope } from '../support/graphql-server.ts';
import { type RestService, startRestService } from '../support/graphql-service.ts';

const SDL = `
  type Query {
    hello(name: String!): String @connect(source: "main", http: { GET: "/hello", queryParams: "n: $args.name" }, selection: "$.text")
  }
  type Mutation {
    rename(name: String!): String @connect(source: "main", http: { POST: "/rename", body: "name: $args.name" }, selection: "$.text")
  }
`;

let service: RestService;
let development: Gateway;
let production: Gateway;

beforeAll(async () => {
  service = await startRestService({
    'GET /hello': ({ url }) => ({ text: `Hello ${url.searchParams.get('n')}` }),
    'POST /rename': ({ body }) => ({ text: (body as { name: string }).name }),
  });
  const options = { sdl: SDL, services: { main: service.url }, server: { bodyLimit: '1kb' } };
  development = await startGateway(options);
  production = await startGateway({ ...options, development: false });
});

afterAll(async () => {
  await development.close();
  await production.close();
  await service.close();
});

function send(url: string, init: RequestInit & { duplex?: 'half' } = {}) {
  return fetch(url, init);
}

function postJson(body: unknown, headers: Record<string, string> = {}): RequestInit {
  return {
    method: 'POST',
    headers: { 'content-type': 'application/json', accept: 'application/graphql-response+json', ...headers },
    body: typeof body === 'string' ? body : JSON.stringify(body),
  };
}

describe('GraphQL over HTTP', () => {
  it('passes the public audit without a failure or a warning', async () => {
    const results = await auditServer({ url: development.url });
    const faults = results
      .filter(({ status }) => status !== 'ok')
      .map(({ name, status }) => `${status}: ${name}`);
    expect(faults).toEqual([]);
    expect(results.length).toBeGreaterThan(50);
  });

  it.each(['application/json', 'application/graphql-response+json'])('answers in %s', async (accept) => {
    const response = await send(development.url, postJson({ query: '{ hello(name: "Ada") }' }, { accept }));
    expect(response.status).toBe(200);
    expect(response.headers.get('content-type')).toBe(`${accept}; charset=utf-8`);
    expect(await response.json()).toEqual({ data: { hello: 'Hello Ada' } });
  });

  it('takes queries by GET and refuses mutations there', async () => {
    const query = await send(`${development.url}?query=${encodeURIComponent('{ hello(name: "Ada") }')}`);
    expect(await query.json()).toEqual({ data: { hello: 'Hello Ada' } });
    const before = service.requests.length;
    const mutation = await send(
      `${development.url}?query=${encodeURIComponent('mutation { rename(name: "x") }')}`,
    );
    expect(mutation.status).toBe(405);
    expect(mutation.headers.get('allow')).toBe('POST');
    expect(await mutation.json()).toMatchObject({ errors: [{ extensions: { code: 'METHOD_NOT_ALLOWED' } }] });
    expect(service.requests.length).toBe(before);
  });

  it.each([
    'text/plain',
    'application/x-www-form-urlencoded',
    'multipart/form-data; boundary=x',
    'application/graphql',
  ])('refuses a POST of %s', async (type) => {
    const response = await send(
      development.url,
      postJson({ query: '{ __typename }' }, { 'content-type': type }),
    );
    expect(response.status).toBe(415);
    expect(await response.json()).toMatchObject({
      errors: [{ extensions: { code: 'UNSUPPORTED_MEDIA_TYPE' } }],
    });
  });

  it('refuses other methods with Allow', async () => {
    const response = await send(development.url, { method: 'PUT', body: '{}' });
    expect(response.status).toBe(405);
    expect(response.headers.get('allow')).toBe('GET, POST');
  });

  it('refuses a body over the limit, announced or not', async () => {
    const long = { query: `{ hello(name: "${'x'.repeat(2000)}") }` };
    const announced = await send(development.url, postJson(long));
    expect(announced.status).toBe(413);
    expect(await announced.json()).toMatchObject({ errors: [{ extensions: { code: 'PAYLOAD_TOO_LARGE' } }] });
    const stream = new Blob([JSON.stringify(long)]).stream();
    const chunked = await send(development.url, { ...postJson(''), body: stream, duplex: 'half' });
    expect(chunked.status).toBe(413);
  });

  it.each(['image/png', 'text/event-stream'])('answers 406 if the client takes only %s', async (accept) => {
    const response = await send(development.url, postJson({ query: '{ __typename }' }, { accept }));
    expect(response.status).toBe(406);
    expect(await response.json()).toMatchObject({ errors: [{ extensions: { code: 'BAD_USER_INPUT' } }] });
  });

  it('refuses an encoded body', async () => {
    const encoded = postJson({ query: '{ __typename }' }, { 'content-encoding': 'gzip' });
    expect((await send(development.url, encoded)).status).toBe(415);
  });
});

describe('faults of a request', () => {
  const cases: [string, unknown, string][] = [
    ['text that is no GraphQL', { query: '{ hello(' }, 'GRAPHQL_PARSE_FAILED'],
    ['an unknown field', { query: '{ helo }' }, 'GRAPHQL_VALIDATION_FAILED'],
    [
      'a variable of the wrong type',
      { query: 'query ($n: String!) { hello(name: $n) }', variables: { n: 7 } },
      'BAD_USER_INPUT',
    ],
    ['a missing variable', { query: 'query ($n: String!) { hello(name: $n) }' }, 'BAD_USER_INPUT'],
    ['an unknown operation name', { query: 'query A { __typename }', operationName: 'B' }, 'BAD_USER_INPUT'],
    [
      'several operations and no name',
      { query: 'query A { __typename } query B { __typename }' },
      'BAD_USER_INPUT',
    ],
    ['a body that is no JSON', '{', 'BAD_USER_INPUT'],
    ['a body without a query', {}, 'BAD_USER_INPUT'],
    ['a list of operations', [{ query: '{ __typename }' }], 'BAD_USER_INPUT'],
  ];
  it.each(cases)('%s', async (_name, body, code) => {
    const response = await send(development.url, postJson(body, { 'x-request-id': 'abc' }));
    expect(response.status).toBe(400);
    const { errors, data } = (await response.json()) as { errors: unknown[]; data?: unknown };
    expect(data).toBeUndefined();
    expect(errors).toEqual([expect.objectContaining({ extensions: { code, requestId: 'abc' } })]);
  });

  it.each([
    ['variables that are no JSON', '?query={__typename}&variables={'],
    ['no query', '?variables={}'],
  ])('%s in a GET', async (_name, search) => {
    const response = await send(development.url + search, {
      headers: { accept: 'application/graphql-response+json' },
    });
    expect(response.status).toBe(400);
    expect(await response.json()).toMatchObject({ errors: [{ extensions: { code: 'BAD_USER_INPUT' } }] });
  });

  it('a document that is nested beyond all measure', async () => {
    const document = `{${'a{'.repeat(60_000)}b${'}'.repeat(60_000)}}`;
    const { errors } = await development.engine.execute({ document }, testScope());
    expect(errors?.[0]?.extensions.code).toBe('GRAPHQL_PARSE_FAILED');
  });

  it('variables that are nested beyond all measure', async () => {
    const any = JSON.parse(`${'['.repeat(30_000)}${']'.repeat(30_000)}`) as Json;
    const request = { document: '{ hello(name: "x") }', variables: { any } };
    expect(await development.engine.execute(request, testScope())).toMatchObject({
      errors: [{ message: 'The variables are nested too deeply', extensions: { code: 'BAD_USER_INPUT' } }],
    });
  });

  it('a page where there is none', async () => {
    const response = await send(production.url, { headers: { accept: 'text/html' } });
    expect(response.status).toBe(406);
    expect(await response.json()).toMatchObject({ errors: [{ extensions: { code: 'BAD_USER_INPUT' } }] });
  });

  it('a mutation or subscription where the schema has none', async () => {
    const { status, body } = await development.query('subscription { hello }');
    expect(status).toBe(400);
    expect(body.errors?.[0]?.extensions.code).toBe('BAD_USER_INPUT');
  });

  it('says what was meant in development only', async () => {
    const meant = await development.query('{ helo }');
    expect(meant.body.errors?.[0]?.message).toContain('Did you mean "hello"');
    const silent = await production.query('{ helo }');
    expect(silent.body.errors?.[0]?.message).toBe('Cannot query field "helo" on type "Query".');
  });
});

describe('policy', () => {
  it('shows the schema in development only', async () => {
    const query = '{ __schema { queryType { name } } }';
    expect((await development.query(query)).body.data).toEqual({
      __schema: { queryType: { name: 'Query' } },
    });
    const refused = await production.query(query);
    expect(refused.status).toBe(400);
    expect(refused.body.errors?.[0]?.extensions.code).toBe('GRAPHQL_VALIDATION_FAILED');
    expect((await production.query('{ __typename }')).body.data).toEqual({ __typename: 'Query' });
  });

  it('serves GraphiQL to browsers, without the network, in development only', async () => {
    const browser = { headers: { accept: 'text/html,application/xhtml+xml,*/*;q=0.8' } };
    const page = await send(development.url, browser);
    expect(page.status).toBe(200);
    expect(page.headers.get('content-type')).toContain('text/html');
    const html = await page.text();
    expect(html).toContain('GraphiQL');
    const loaded = [...html.matchAll(/<(?:script|link)[^>]+(?:src|href)="([^"]+)"/g)].map(
      (match) => match[1] ?? '',
    );
    expect(loaded.filter((url) => !url.startsWith('data:'))).toEqual([]);
    const refused = await send(production.url, browser);
    expect(refused.headers.get('content-type')).not.toContain('text/html');
  });
});

describe('errors from before the door', () => {
  it('come in the form of a GraphQL answer, with their status and headers', async () => {
    const server = await startGraphqlServer({
      ...development.engine.entry,
      door: async () => {
        throw new GatewayError('UNAUTHENTICATED', 'Token expired', {
          headers: { 'WWW-Authenticate': 'Bearer error="invalid_token"' },
          retryAfter: 3,
        });
      },
    });
    const response = await send(server.url, postJson({ query: '{ __typename }' }));
    expect(response.status).toBe(401);
    expect(response.headers.get('www-authenticate')).toBe('Bearer error="invalid_token"');
    expect(response.headers.get('retry-after')).toBe('3');
    expect(response.headers.get('content-type')).toContain('application/graphql-response+json');
    expect(await response.json()).toEqual({
      errors: [{ message: 'Token expired', extensions: { code: 'UNAUTHENTICATED', requestId: 'request-1' } }],
    });
    await server.close();
  });

  it('hide what was not expected', async () => {
    const server = await startGraphqlServer({
      ...development.engine.entry,
      door: async () => {
        throw new Error('password is swordfish');
      },
    });
    const response = await send(server.url, postJson({ query: '{ __typename }' }));
    expect(response.status).toBe(500);
    expect(await response.json()).toEqual({
      errors: [
        { message: 'Internal server error', extensions: { code: 'INTERNAL', requestId: 'request-1' } },
      ],
    });
    expect(JSON.stringify(development.log.lines)).toContain('swordfish');
    await server.close();
  });
});
