import { describe, expect, it } from 'vitest';
import type { Blueprint } from '../../../src/blueprint/blueprint.ts';
import { formatProblem } from '../../../src/kernel/problem.ts';
import { buildFrom, buildGood } from '../../support/build-blueprint.ts';

const SERVICE = 'services: { a: { urls: [http://localhost:1] } }\n';

function routes(...lines: string[]): string {
  return `${SERVICE}routes:\n${lines.map((line) => `  - { service: a, ${line} }`).join('\n')}\n`;
}

function labels({ routes: list }: Blueprint): string[] {
  return list.map(({ label }) => label);
}

describe('the order of routes', () => {
  it('is: host, exact path, longest literal prefix, methods, header', () => {
    const yaml = routes(
      'path: /*',
      'path: /api/*',
      'path: "/api/{x}"',
      'path: /api/users',
      'path: /api/*, methods: [GET]',
      'path: /api/users, methods: [GET]',
      'path: /api/users, header: { X-API-Version: "2" }, version: "2"',
      'path: /*, host: api.example.com',
      'path: /api/users/*',
    );
    expect(labels(buildGood({ yaml }))).toEqual([
      'api.example.com/*',
      'GET /api/users',
      '/api/users',
      '/api/users',
      '/api/users/*',
      'GET /api/*',
      '/api/{x}',
      '/api/*',
      '/*',
    ]);
    expect(buildGood({ yaml }).routes[2]?.config.header).toEqual({ 'X-API-Version': '2' });
  });

  it('puts the more specific first where all of that is equal', () => {
    const yaml = routes('path: "/a/{x}/*"', 'path: "/a/{x}/{y}"', 'path: "/a/{x}/c"', 'path: /a/*');
    expect(labels(buildGood({ yaml }))).toEqual(['/a/{x}/c', '/a/{x}/{y}', '/a/{x}/*', '/a/*']);
  });

  it('takes values of one header apart, and refuses what nothing takes apart', () => {
    const apart = routes(
      'path: /a, header: { X-V: "1" }, version: "1"',
      'path: /a, header: { x-v: "2" }, version: "2"',
    );
    expect(buildFrom({ yaml: apart }).problems).toEqual([]);
    const same = routes(
      'path: /a, header: { X-V: "1" }, version: "1"',
      'path: /a, header: { X-W: "1" }, version: "1"',
    );
    expect(buildFrom({ yaml: same }).problems.map(formatProblem)).toEqual([
      "gateway.yaml:4:5: /a can't be told apart from /a at gateway.yaml:3:5",
    ]);
  });

  it('warns of a route that a wider one hides because it has methods', () => {
    const yaml = routes(
      'path: "/a/{x}"',
      'path: /a/*, methods: [GET, PUT]',
      'path: "/b/{x}", methods: [GET]',
      'path: /b/*',
    );
    expect(buildFrom({ yaml }).problems.map(formatProblem)).toEqual([
      'gateway.yaml:3:5: warning: /a/{x} is not reached with GET, PUT: GET,PUT /a/* at gateway.yaml:4:5 comes first',
    ]);
  });

  it('has nothing to say of routes that each have requests of their own', () => {
    const yaml = routes('path: /a/*, host: h.example', 'path: /a/b, host: h.example', 'path: /a/c');
    expect(buildFrom({ yaml }).problems).toEqual([]);
  });
});

describe('a route', () => {
  it('asks for a caller once there is a way to prove who one is', () => {
    const open = buildGood({ yaml: routes('path: /a') });
    expect(open.routes[0]?.auth).toBe('none');
    const secret = 'auth: { jwt: [{ secret: "0123456789012345678901234567890123456789" }] }\n';
    const closed = buildGood({ yaml: secret + routes('path: /a', 'path: /b, auth: none') });
    expect(closed.routes.map(({ auth }) => auth)).toEqual(['required', 'none']);
    const optional = buildGood({
      yaml: secret.replace('] }', '], default: optional }') + routes('path: /a'),
    });
    expect(optional.routes[0]?.auth).toBe('optional');
  });

  it('has its mappings compiled, with the environment bound', () => {
    const yaml = routes(
      'path: "/a/{id}", request: { headers: { set: { X-A: "1" }, remove: [X-B] }, body: "id: $request.params.id region: $env.REGION" }',
    );
    const { request, response } = buildGood({ yaml, env: { REGION: 'north', OTHER: 'x' } }).routes[0] ?? {};
    expect(response).toBeUndefined();
    expect(request?.set).toEqual([['X-A', '1']]);
    expect(request?.remove).toEqual(['X-B']);
    const variables = { $request: { params: { id: '7' } } };
    expect(request?.body?.evaluate(null, variables)).toEqual({ id: '7', region: 'north' });
  });

  it('has its path in the normal form of requests', () => {
    const { pattern } = buildGood({ yaml: routes('path: /caf%c3%a9/%7Euser/*') }).routes[0] ?? {};
    expect(pattern).toEqual({
      source: '/caf%c3%a9/%7Euser/*',
      segments: [{ literal: 'caf%C3%A9' }, { literal: '~user' }],
      rest: true,
    });
  });
});
