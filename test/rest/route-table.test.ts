import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { PathPattern } from '../../src/blueprint/blueprint.ts';
import { buildPathPattern } from '../../src/blueprint/route/path-pattern.ts';
import type { Entry, Inbound } from '../../src/guard/inbound.ts';
import { GatewayError } from '../../src/kernel/error.ts';
import { createRouteTable, type TableRow } from '../../src/rest/route-table.ts';

function pattern(path: string): PathPattern {
  const built = buildPathPattern(path);
  if ('fault' in built) throw new Error(built.fault);
  return built;
}

function entry(label: string): Entry {
  return { label, auth: 'none', roles: [], scopes: [], door: async () => {}, renderError: () => {} };
}

type RowText = { path: string; label?: string } & Pick<TableRow, 'methods' | 'host' | 'header'>;

function row({ path, label = path, ...rest }: RowText): TableRow {
  return { pattern: pattern(path), entry: entry(label), ...rest };
}

function inbound(method: string, path: string, headers: Record<string, string> = {}): Inbound {
  return { method, path, query: '', rawHeaders: [], headers } as unknown as Inbound;
}

/** Label of the entry found, or the code (and Allow) of the refusal. */
function find(rows: readonly TableRow[], request: Inbound): string {
  try {
    return createRouteTable(rows)(request).label;
  } catch (error) {
    if (!(error instanceof GatewayError)) throw error;
    return [error.code, error.headers.Allow].filter(Boolean).join(' ');
  }
}

describe('paths', () => {
  test.each([
    ['/api/users/*', '/api/users'],
    ['/api/users/*', '/api/users/'],
    ['/api/users/*', '/api/users/5'],
    ['/api/users/*', '/api/users/5/posts'],
    ['/*', '/'],
    ['/*', '/anything/at/all'],
    ['/', '/'],
    ['/users/{id}', '/users/a%2Fb'],
    ['/users/{id}/posts', '/users/5/posts'],
    ['/users/{id}/*', '/users/5'],
  ])('%s matches %s', (path, asked) => {
    expect(find([row({ path })], inbound('GET', asked))).toBe(path);
  });

  test.each([
    ['/api/users/*', '/api/usersx'],
    ['/api/users/*', '/api'],
    ['/users', '/users/'],
    ['/users', '/Users'],
    ['/users/{id}', '/users/'],
    ['/users/{id}', '/users'],
    ['/users/{id}', '/users/5/posts'],
    ['/', '/x'],
  ])('%s does not match %s', (path, asked) => {
    expect(find([row({ path })], inbound('GET', asked))).toBe('NOT_FOUND');
  });

  test('what the path of one row lacks another one may have: the search goes back', () => {
    const rows = [row({ path: '/a/b/c' }), row({ path: '/a/{x}/d' }), row({ path: '/{y}/b/e' })];
    expect(find(rows, inbound('GET', '/a/b/d'))).toBe('/a/{x}/d');
    expect(find(rows, inbound('GET', '/a/b/e'))).toBe('/{y}/b/e');
  });

  test('the first row that fits answers', () => {
    const rows = [row({ path: '/users/me' }), row({ path: '/users/{id}' }), row({ path: '/*' })];
    expect(find(rows, inbound('GET', '/users/me'))).toBe('/users/me');
    expect(find(rows, inbound('GET', '/users/5'))).toBe('/users/{id}');
    expect(find(rows, inbound('GET', '/posts'))).toBe('/*');
  });
});

describe('methods', () => {
  const rows = [
    row({ path: '/posts', methods: ['GET'], label: 'read' }),
    row({ path: '/posts', methods: ['POST', 'PUT'], label: 'write' }),
  ];

  test('tell rows of one path apart', () => {
    expect(find(rows, inbound('GET', '/posts'))).toBe('read');
    expect(find(rows, inbound('PUT', '/posts'))).toBe('write');
  });

  test('another method on a known path is refused, with all that are allowed', () => {
    expect(find(rows, inbound('DELETE', '/posts'))).toBe('METHOD_NOT_ALLOWED GET, HEAD, POST, PUT');
  });

  test('GET serves HEAD, unless a row of the same path names HEAD', () => {
    const own = row({ path: '/posts', methods: ['HEAD'], label: 'head' });
    expect(find(rows, inbound('HEAD', '/posts'))).toBe('read');
    expect(find([...rows, own], inbound('HEAD', '/posts'))).toBe('head');
  });

  test('a method that the more precise row lacks falls to the next one', () => {
    const both = [row({ path: '/users/me', methods: ['GET'] }), row({ path: '/users/*' })];
    expect(find(both, inbound('DELETE', '/users/me'))).toBe('/users/*');
  });
});

describe('host', () => {
  const rows = [
    row({ path: '/x', host: 'API.example.test' }),
    row({ path: '/x', host: 'b.test:81', label: 'b' }),
  ];

  test.each(['api.example.test', 'API.EXAMPLE.TEST', 'api.example.test:4000'])('%s fits', (host) => {
    expect(find(rows, inbound('GET', '/x', { host }))).toBe('/x');
  });

  test.each(['example.test', 'api.example.test.evil.test', 'b.test', 'b.test:8100'])(
    '%s does not fit',
    (host) => {
      expect(find(rows, inbound('GET', '/x', { host }))).toBe('NOT_FOUND');
    },
  );

  test('a port in the row is compared', () => {
    expect(find(rows, inbound('GET', '/x', { host: 'B.test:81' }))).toBe('b');
  });

  test('an IPv6 address keeps its colons', () => {
    const six = [row({ path: '/x', host: '[::1]' })];
    expect(find(six, inbound('GET', '/x', { host: '[::1]:4000' }))).toBe('/x');
    expect(find(six, inbound('GET', '/x', { host: '[::2]' }))).toBe('NOT_FOUND');
  });
});

describe('header', () => {
  const rows = [
    row({ path: '/x', header: { 'X-API-Version': '2' }, label: 'v2' }),
    row({ path: '/x', label: 'v1', methods: ['GET'] }),
  ];

  test('selects among rows of one path', () => {
    expect(find(rows, inbound('GET', '/x', { 'x-api-version': '2' }))).toBe('v2');
    expect(find(rows, inbound('GET', '/x', { 'x-api-version': '3' }))).toBe('v1');
    expect(find(rows, inbound('GET', '/x'))).toBe('v1');
  });

  test('a row whose header is missing allows nothing', () => {
    expect(find(rows, inbound('POST', '/x'))).toBe('METHOD_NOT_ALLOWED GET, HEAD');
  });
});

describe('against a plain search', () => {
  const segment = fc.constantFrom('a', 'b', 'c', '{x}');
  const path = fc.tuple(fc.array(segment, { maxLength: 4 }), fc.boolean()).map(([parts, rest]) => {
    const named = parts.map((part, i) => (part === '{x}' ? `{x${i}}` : part));
    return `/${[...named, ...(rest ? ['*'] : [])].join('/')}`;
  });
  const methods = fc.option(fc.subarray(['GET', 'POST', 'HEAD', 'PUT'], { minLength: 1 }), {
    nil: undefined,
  });
  const host = fc.option(fc.constantFrom('one.test', 'two.test'), { nil: undefined });
  const header = fc.option(fc.constantFrom({ v: '1' }, { v: '2' }), { nil: undefined });
  const rowsOf = fc.array(fc.record({ path, methods, host, header }), { maxLength: 12 }).map((rows) =>
    rows.map((one, i) => ({
      pattern: pattern(one.path),
      entry: entry(`${i}`),
      ...(one.methods && { methods: one.methods }),
      ...(one.host && { host: one.host }),
      ...(one.header && { header: one.header }),
    })),
  );
  const request = fc
    .record({
      parts: fc.array(fc.constantFrom('a', 'b', 'c', 'd'), { maxLength: 5 }),
      slash: fc.boolean(),
      method: fc.constantFrom('GET', 'POST', 'HEAD', 'DELETE'),
      host: fc.constantFrom('one.test', 'two.test:80', 'three.test'),
      v: fc.constantFrom('1', '2', '3'),
    })
    .map((r) => {
      const asked = `/${r.parts.join('/')}${r.slash && r.parts.length > 0 ? '/' : ''}`;
      return inbound(r.method, asked, { host: r.host, v: r.v });
    });

  test('gives the same entry or the same refusal', () => {
    fc.assert(
      fc.property(rowsOf, request, (rows, asked) => {
        expect(find(rows, asked)).toBe(naive(rows, asked));
      }),
      { numRuns: 2000 },
    );
  });
});

function naive(rows: readonly TableRow[], asked: Inbound): string {
  const known = rows.filter((one) => naivePath(one.pattern, asked.path) && naiveSelection(one, asked));
  const allowed = known.map((one) => naiveMethods(one, rows));
  const index = allowed.findIndex((methods) => methods === undefined || methods.includes(asked.method));
  if (index >= 0) return known[index]?.entry.label ?? '';
  if (known.length === 0) return 'NOT_FOUND';
  return `METHOD_NOT_ALLOWED ${[...new Set(allowed.flat())].sort().join(', ')}`;
}

function naivePath({ segments, rest }: PathPattern, path: string): boolean {
  const source = segments.map((s) => ('literal' in s ? `/${s.literal}` : '/[^/]+')).join('');
  return new RegExp(`^${source}${rest ? '(/.*)?' : segments.length === 0 ? '/' : ''}$`).test(path);
}

function naiveSelection(one: TableRow, { headers }: Inbound): boolean {
  const host = headers.host?.replace(/:\d+$/, '');
  return (
    (one.host === undefined || one.host === host) && (one.header === undefined || one.header.v === headers.v)
  );
}

function naiveMethods(one: TableRow, rows: readonly TableRow[]): string[] | undefined {
  if (!one.methods) return undefined;
  const twins = rows.filter(
    (other) =>
      other.pattern.source === one.pattern.source &&
      other.host === one.host &&
      other.header?.v === one.header?.v,
  );
  const addsHead = one.methods.includes('GET') && !twins.some((twin) => twin.methods?.includes('HEAD'));
  return addsHead ? [...one.methods, 'HEAD'] : [...one.methods];
}
