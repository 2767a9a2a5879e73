import { describe, expect, it } from 'vitest';
import type { Connector, RenderedRequest } from '../../../src/blueprint/blueprint.ts';
import type { Variables } from '../../../src/connect/mapping/mapping.ts';
import { formatProblem } from '../../../src/kernel/problem.ts';
import { type BuildOptions, buildFrom, buildGood } from '../../support/build-blueprint.ts';

const LINK =
  'extend schema @link(url: "https://specs.apollo.dev/connect/v0.4", import: ["@source", "@connect"])\n';

function connector(field: string, sdl: string, options: BuildOptions = {}): Connector {
  const blueprint = buildGood({ ...options, sdl: LINK + sdl });
  const found = blueprint.graphql?.fields.get(field)?.connectors[0];
  if (found === undefined) throw new Error(`no connector on ${field}`);
  return found;
}

function render(sdl: string, variables: Variables, options?: BuildOptions): RenderedRequest {
  const { request } = connector('Query.a', sdl, options);
  if (request === undefined) throw new Error('no request');
  return request.render(variables);
}

describe('the base URL of a source', () => {
  const env = {
    WHOLE: 'https://orders.test:8443/v1',
    HOST: 'orders.test:8443',
    STAGE: 'dev',
    BRACE: 'https://{x}',
  };
  it.each([
    ['{$env.WHOLE}', 'https://orders.test:8443/v1'],
    ['{$env.WHOLE}/eu/', 'https://orders.test:8443/v1/eu'],
    ['{$env.WHOLE}/{$env.STAGE}', 'https://orders.test:8443/v1/dev'],
    ['http://{$env.HOST}/v1', 'http://orders.test:8443/v1'],
    ["http://{$env.STAGE->match(['dev', 'localhost:8001'], [@, 'orders.test'])}", 'http://localhost:8001'],
  ])('%s may come from the environment', (baseUrl, url) => {
    const sdl = `extend schema @source(name: "orders", http: { baseURL: "${baseUrl}" })
      type Query { a: String @connect(source: "orders", http: { GET: "/a" }, selection: "$") }`;
    expect(buildGood({ sdl: LINK + sdl, env }).services.get('orders')?.urls).toEqual([url]);
  });

  it.each(['{$env.STAGE}', '{$env.BRACE}', '{$env.UNSET}', '{$config.x}://{$env.HOST}'])(
    '%s makes no URL, which is said',
    (baseUrl) => {
      const sdl = `extend schema @source(name: "orders", http: { baseURL: "${baseUrl}" })
        type Query { a: String @connect(source: "orders", http: { GET: "/a" }, selection: "$") }`;
      const errors = buildFrom({ sdl: LINK + sdl, env }).problems.filter(
        ({ severity }) => severity === 'error',
      );
      expect(errors.map(formatProblem)).toEqual([
        'schema.graphql:2:56: the baseURL of source "orders" can\'t be used: the value that it begins with must begin with http:// or https://',
      ]);
    },
  );
});

describe('a connector and its source', () => {
  const source = `extend schema @source(name: "api", http: {
    baseURL: "http://localhost:1/v1/?key=k"
    path: "['tenants', $config.tenant]"
    queryParams: "lang: $request.headers.'accept-language'->first"
    headers: [{ name: "X-One", value: "source" } { name: "X-Two", value: "{$env.TWO}" } { name: "X-Three", from: "X-Client" }]
  })`;
  const field = `type Query { a(id: ID!, q: String): String @connect(source: "api", http: {
    POST: "/items/{$args.id}?q={$args.q}"
    queryParams: "n: $(1)"
    headers: [{ name: "x-one", value: "own {$args.id}" }]
    body: "id: $args.id tags: $(['x'])"
  } selection: "$.name") }`;
  const variables: Variables = {
    $args: { id: 'a/b', q: null },
    $request: { headers: { 'accept-language': ['de'], 'x-client': ['one', 'two'] } },
  };

  it('make one request: path, parameters and headers of both', () => {
    const options = { env: { TWO: '2' } };
    const sdl = source.replace('$config.tenant', "'t'") + field;
    expect(render(sdl, variables, options)).toEqual({
      path: '/tenants/t/items/a%2Fb?key=k&lang=de&n=1',
      headers: ['x-two', '2', 'x-three', 'one', 'x-three', 'two', 'x-one', 'own a/b'],
      body: '{"id":"a/b","tags":["x"]}',
    });
    const blueprint = buildGood({ ...options, sdl: LINK + sdl });
    expect(blueprint.services.get('api')?.urls).toEqual(['http://localhost:1/v1']);
    expect(blueprint.graphql?.fields.get('Query.a')?.connectors[0]?.request?.forwards).toEqual(['x-client']);
  });

  it('give way to the service of the configuration of the same name, which brings $config', () => {
    const yaml =
      'services: { api: { urls: [http://localhost:2], config: { tenant: north } } }\ngraphql: {}\n';
    const { path, headers } = render(source + field, variables, { yaml });
    expect(path).toBe('/tenants/north/items/a%2Fb?lang=de&n=1');
    expect(headers).not.toContain('x-two');
    expect(buildGood({ yaml, sdl: LINK + source + field }).services.get('api')?.urls).toEqual([
      'http://localhost:2',
    ]);
  });

  it('are warned of settings that are not there', () => {
    const { problems } = buildFrom({ sdl: LINK + source + field });
    expect(problems.map(formatProblem)).toEqual([
      'schema.graphql:4:24: warning: the service\'s config has no "tenant".',
      'schema.graphql:6:76: warning: the environment variable TWO is not set',
    ]);
  });

  it('may be a service without a @source', () => {
    const yaml = 'services: { api: { urls: [http://localhost:2] } }\ngraphql: {}\n';
    const sdl = 'type Query { a: String @connect(source: "api", http: { GET: "/a" }, selection: "$") }';
    expect(render(sdl, {}, { yaml }).path).toBe('/a');
  });

  it('can do without a source: the URL names the service by its origin', () => {
    const sdl =
      'type Query { a(n: Int): String @connect(http: { GET: "https://{$env.HOST}.example.com:8443/v1/{$args.n}?x=1" }, selection: "$") }';
    const options = { env: { HOST: 'eu' } };
    expect(render(sdl, { $args: { n: 3 } }, options).path).toBe('/v1/3?x=1');
    const blueprint = buildGood({ ...options, sdl: LINK + sdl });
    expect([...blueprint.services.keys()]).toEqual(['https://eu.example.com:8443']);
    expect(connector('Query.a', sdl, options).service).toBe('https://eu.example.com:8443');
  });

  it('can call nobody at all', () => {
    const sdl =
      'type Query { a(n: Int): User @connect(selection: "id: $args.n name: $context.user.name") } type User { id: ID! name: String }';
    const built = connector('Query.a', sdl);
    expect(built).toMatchObject({ service: undefined, request: undefined });
    expect(built.selection.evaluate(null, { $args: { n: 1 }, $context: { user: { name: 'N' } } })).toEqual({
      id: 1,
      name: 'N',
    });
  });
});

describe('a request', () => {
  it('is refused where a value would lead elsewhere', () => {
    const sdl =
      'type Query { a(id: String): String @connect(http: { GET: "http://localhost:1/x/{$args.id}/y" }, selection: "$") }';
    expect(() => render(sdl, { $args: { id: '..' } })).toThrow(
      expect.objectContaining({ code: 'BAD_USER_INPUT' }),
    );
    expect(render(sdl, { $args: { id: '../z?q#' } }).path).toBe('/x/..%2Fz%3Fq%23/y');
  });

  it('is refused where a value would begin another header', () => {
    const sdl = `type Query { a(id: String): String @connect(http: { GET: "http://localhost:1/x", headers: [{ name: "X-Id", value: "{$args.id}" }] }, selection: "$") }`;
    expect(() => render(sdl, { $args: { id: 'a\r\nX-Admin: 1' } })).toThrow(
      expect.objectContaining({ code: 'BAD_USER_INPUT' }),
    );
    expect(render(sdl, { $args: { id: null } }).headers).toEqual([]);
  });

  it('is a form if its content type says so', () => {
    const sdl = `type Query { a(id: String): String @connect(http: { POST: "http://localhost:1/x",
      headers: [{ name: "Content-Type", value: "application/x-www-form-urlencoded" }]
      body: "name: $args.id address: { street: 'A & B' } tags: $(['x', 'y']) none: $(null)" }, selection: "$") }`;
    expect(render(sdl, { $args: { id: 'n m' } }).body).toBe(
      'name=n+m&address%5Bstreet%5D=A+%26+B&tags%5B0%5D=x&tags%5B1%5D=y',
    );
  });

  it('has no body if the mapping gives none', () => {
    const sdl =
      'type Query { a(x: Int): String @connect(http: { POST: "http://localhost:1/x", body: "$args.x" }, selection: "$") }';
    expect(render(sdl, { $args: {} }).body).toBeUndefined();
    expect(render(sdl, { $args: { x: null } }).body).toBe('null');
  });
});

describe('errors and isSuccess', () => {
  const sdl = `extend schema @source(name: "api", http: { baseURL: "http://localhost:1" }
      isSuccess: "$status->eq(200)", errors: { message: "error.text", extensions: "a: error.a b: error.b" })
    type Query {
      a: String @connect(source: "api", http: { GET: "/a" }, selection: "$")
      b: String @connect(source: "api", http: { GET: "/b" }, selection: "$", isSuccess: "ok"
        errors: { message: "detail", extensions: "b: $status" })
    }`;
  const body = { ok: true, detail: 'D', error: { text: 'T', a: 1, b: 2 } };

  it("are the source's where the connector has none", () => {
    const { isSuccess, errors } = connector('Query.a', sdl);
    expect(isSuccess?.evaluate(body, { $status: 200 })).toBe(true);
    expect(errors.message?.evaluate(body, {})).toBe('T');
    expect(errors.extensions?.evaluate(body, {})).toEqual({ a: 1, b: 2 });
  });

  it("are the connector's before the source's, extension by extension", () => {
    const { isSuccess, errors } = connector('Query.b', sdl);
    expect(isSuccess?.evaluate(body, { $status: 500 })).toBe(true);
    expect(errors.message?.evaluate(body, {})).toBe('D');
    expect(errors.extensions?.evaluate(body, { $status: 404 })).toEqual({ a: 1, b: 404 });
  });
});
