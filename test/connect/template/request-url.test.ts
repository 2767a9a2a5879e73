import { describe, expect, test } from 'vitest';
import { compileMapping } from '../../../src/connect/mapping/compile-mapping.ts';
import type { Mapping, Variables } from '../../../src/connect/mapping/mapping.ts';
import { composeRequestUrl, type RequestUrl } from '../../../src/connect/template/request-url.ts';
import { compileUrlTemplate, type UrlTemplate } from '../../../src/connect/template/url-template.ts';

const options = { version: '0.3', allow: ['$args', '$this', '$batch', '$config'] } as const;

function template(source: string): UrlTemplate {
  const { value, problems } = compileUrlTemplate(source, options);
  if (value === undefined) throw new Error(JSON.stringify(problems));
  return value;
}

function mapping(source: string): Mapping {
  const { value, problems } = compileMapping(source, { ...options, kind: 'selection' });
  if (value === undefined) throw new Error(JSON.stringify(problems));
  return value;
}

interface Parts {
  readonly base?: string;
  readonly sourcePath?: string;
  readonly sourceQuery?: string;
  readonly template: string;
  readonly path?: string;
  readonly query?: string;
}

function compose(parts: Parts): RequestUrl {
  return composeRequestUrl({
    base: parts.base === undefined ? undefined : template(parts.base),
    sourcePath: parts.sourcePath === undefined ? undefined : mapping(parts.sourcePath),
    sourceQuery: parts.sourceQuery === undefined ? undefined : mapping(parts.sourceQuery),
    template: template(parts.template),
    path: parts.path === undefined ? undefined : mapping(parts.path),
    query: parts.query === undefined ? undefined : mapping(parts.query),
  });
}

describe('base and path are joined by one slash', () => {
  test.each([
    ['https://x/v1', '/hello', '/v1/hello'],
    ['https://x/v1/', 'hello', '/v1/hello'],
    ['https://x/v1', 'hello', '/v1/hello'],
    ['https://x/v1/', '/hello', '/v1/hello'],
    ['https://x/v1', '/hello/', '/v1/hello/'],
    ['https://x/v1/', '/', '/v1/'],
    ['https://x/v1', '/', '/v1'],
    ['https://x', '/', '/'],
    ['https://x', '', '/'],
    ['https://x/', '/hello', '/hello'],
    ['https://x/v1?something', '/hello', '/v1/hello?something'],
    ['https://x/v1/?foo=bar', '/hello/{$this.id}?id={$this.id}', '/v1/hello/42?foo=bar&id=42'],
    ['https://x/users?a=b', '?a=d', '/users?a=b&a=d'],
    ['https://x/source?a=b#Fragment', '/connect?c=d#fragment', '/source/connect?a=b&c=d'],
    [
      'https://x/source%20path?p=a%20b',
      '/connect%20path?p=c%20d',
      '/source%20path/connect%20path?p=a%20b&p=c%20d',
    ],
    ['https://x/v1/{$this.none}', '/b', '/v1//b'],
  ])('%s and %s', (base, path, expected) => {
    expect(compose({ base, template: path }).render({ $this: { id: 42 } })).toBe(expected);
  });

  test('without a source the template stands alone', () => {
    const url = compose({ template: 'https://api.example.com/users/{$args.id}?x=1' });
    expect(url.absolute).toBe('https://api.example.com');
    expect(url.render({ $args: { id: 4 } })).toBe('/users/4?x=1');
    const relative = compose({ template: '/users/{$args.id}' });
    expect(relative.absolute).toBeUndefined();
    expect(relative.renderOrigin({})).toBeUndefined();
    expect(relative.render({ $args: { id: 4 } })).toBe('/users/4');
  });

  test('a host that depends on the configuration is rendered', () => {
    const url = compose({ base: 'http://{$config.sub}.localhost:{$config.port}', template: '/c' });
    expect(url.absolute).toBeUndefined();
    expect(url.renderOrigin({ $config: { sub: 'api', port: 5000 } })).toBe('http://api.localhost:5000');
  });

  test('two hosts are a problem', () => {
    expect(compose({ base: 'https://a', template: 'https://b/x' }).problems).toStrictEqual([
      {
        severity: 'error',
        message: 'A connector with a source gives a path only: the host comes from the source.',
        offset: 0,
      },
    ]);
    expect(compose({ base: 'https://a', template: '/x' }).problems).toStrictEqual([]);
  });
});

test('all parts, in the order of the specification; what is named twice is sent twice', () => {
  const url = compose({
    base: 'http://example.com/source?shared=s1&own=s1',
    sourcePath: '$args.sourcePath',
    sourceQuery: '$args.sourceQuery',
    template: '/{$args.id}?shared={$args.id}&{$args.id}={$args.id}',
    path: '$args.path',
    query: '$args.query',
  });
  const variables: Variables = {
    $args: {
      id: 'c',
      sourcePath: ['p1', 'p2'],
      sourceQuery: { shared: 's2', other: 's2' },
      path: ['p3', 4],
      query: { shared: 'c2', list: [1, 'two'], none: null },
    },
  };
  expect(url.render(variables)).toBe(
    '/source/p1/p2/c/p3/4?shared=s1&own=s1&shared=s2&other=s2&shared=c&c=c&shared=c2&list=1&list=two',
  );
  expect(url.uses.map(({ path }) => path.join('.')).sort()).toStrictEqual([
    'id',
    'id',
    'id',
    'id',
    'path',
    'query',
    'sourcePath',
    'sourceQuery',
  ]);
});

describe('a path mapping gives segments', () => {
  test.each<[string, string | undefined]>([
    ['$([1, 2])', '/base/1/2'],
    ['$([1, null, 2])', '/base/1/2'],
    ['$(["a/b", "?", "#"])', '/base/a%2Fb/%3F/%23'],
    ['$([])', '/base'],
    ['$args.none', '/base'],
    ['$([".."])', undefined],
    ['$(["."])', undefined],
    ['$([""])', undefined],
    ['$([[1]])', undefined],
    ['$([{ a: 1 }])', undefined],
    ['$("a")', undefined],
    ['$(null)', undefined],
  ])('%s gives %s', (path, expected) => {
    expect(compose({ template: '/base', path }).render({ $args: {} })).toBe(expected);
    expect(compose({ base: 'http://x/base', sourcePath: path, template: '/' }).render({ $args: {} })).toBe(
      expected,
    );
  });

  test('after a slash it adds none', () => {
    expect(compose({ base: 'http://x/', sourcePath: '$([1])', template: '/' }).render({})).toBe('/1');
    expect(compose({ base: 'http://x', sourcePath: '$([1])', template: '/' }).render({})).toBe('/1');
    expect(
      compose({ base: 'http://x/a/', sourcePath: '$([1])', template: '/b/', path: '$([2])' }).render({}),
    ).toBe('/a/1/b/2');
  });
});

describe('a mapping of query parameters gives an object', () => {
  test.each<[string, string | undefined]>([
    ['limit: $args.limit', '/?limit=10'],
    ['limit: $args.limit cursor: $args.cursor', '/?limit=10'],
    ['none: $args.none', '/'],
    ['nil: $(null)', '/'],
    ['id: $batch.id', '/?id=1&id=2'],
    ['ids: $batch.id->joinNotNull(",")', '/?ids=1%2C2'],
    ['"a b&c": $("=")', '/?a%20b%26c=%3D'],
    ['flag: $(false)', '/?flag=false'],
    ['$args { limit }', '/?limit=10'],
    ['list: $([])', '/'],
    ['list: $([null, 1])', '/?list=&list=1'],
    ['filter: $({ a: 1 })', undefined],
    ['list: $([[1]])', undefined],
    ['$([1])', undefined],
    ['$("a=b")', undefined],
  ])('%s gives %s', (query, expected) => {
    const variables: Variables = { $args: { limit: 10 }, $batch: [{ id: 1 }, { id: 2 }] };
    expect(compose({ template: '/', query }).render(variables)).toBe(expected);
    expect(compose({ base: 'http://x', sourceQuery: query, template: '/' }).render(variables)).toBe(expected);
  });
});

describe('what can not be sent is not rendered, and the observer is told', () => {
  test.each([
    ['/{$args.a}/b', {}, 'The first segment of the path is empty.'],
    ['/a/{$args.a}', { a: '..' }, 'A value made the path segment "..", which would lead elsewhere.'],
    ['/a?b={$args.a}', { a: {} }, 'Only a single value can stand here, not a list or an object.'],
  ])('%s', (source, $args, reason) => {
    const told: string[] = [];
    expect(compose({ template: source }).render({ $args }, (message) => told.push(message))).toBeUndefined();
    expect(told).toContain(reason);
  });
});
