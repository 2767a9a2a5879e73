import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { serviceSchema } from '../../src/config/schema/service.ts';
import { getHeader, getHeaderValues } from '../../src/kernel/headers.ts';
import type { Principal } from '../../src/kernel/principal.ts';
import type { Scope } from '../../src/kernel/scope.ts';
import { compileOutboundHeaders } from '../../src/upstream/outbound-headers.ts';
import type { UpstreamRequest } from '../../src/upstream/upstream.ts';
import { testRequest, testScope } from './harness.ts';

const IDENTITY = { 'X-User-ID': 'id', 'X-Username': 'name', 'X-Roles': 'roles', 'X-Tenant': 'org.tenant' };

const PRINCIPAL: Principal = {
  via: 'jwt',
  id: 'u1',
  name: 'Zoë Ångström',
  roles: ['admin', 'a,b'],
  scopes: ['read'],
  claims: { org: { tenant: 't 1' } },
};

function build(
  request: Partial<UpstreamRequest> = {},
  scope: Partial<Scope> = {},
  headers: Record<string, unknown> = {},
): string[] {
  const config = serviceSchema.parse({ urls: ['http://localhost'], headers }).headers;
  const outbound = compileOutboundHeaders({ config, identity: IDENTITY, via: 'portico' });
  return outbound(testRequest(request), testScope(scope));
}

describe('what the gateway says itself', () => {
  it('carries request id, the same trace with a fresh span, state and baggage', () => {
    const trace = {
      traceId: 'c'.repeat(32),
      spanId: 'd'.repeat(16),
      flags: '01',
      state: 'v=1',
      baggage: 'k=2',
    };
    const one = build({}, { trace });
    const two = build({}, { trace });
    expect(getHeader(one, 'x-request-id')).toBe('request-1');
    expect(getHeader(one, 'traceparent')).toMatch(/^00-c{32}-[0-9a-f]{16}-01$/);
    expect(getHeader(one, 'traceparent')).not.toContain('d'.repeat(16));
    expect(getHeader(one, 'traceparent')).not.toBe(getHeader(two, 'traceparent'));
    expect(getHeader(one, 'tracestate')).toBe('v=1');
    expect(getHeader(one, 'baggage')).toBe('k=2');
  });

  it('leaves out empty state and baggage, and the client of a call of its own', () => {
    const headers = build();
    for (const name of ['tracestate', 'baggage', 'x-forwarded-for', 'x-user-id'])
      expect(getHeader(headers, name)).toBeUndefined();
  });

  it('tells of the client, replacing what the client says of itself', () => {
    const client = {
      ip: '10.0.0.9',
      protocol: 'https',
      host: 'shop.test',
      forwardedFor: '10.0.0.9',
    } as const;
    const headers = build(
      { headers: ['X-Forwarded-For', '6.6.6.6', 'x_forwarded_host', 'evil', 'Forwarded', 'for=6.6.6.6'] },
      { client },
    );
    expect(getHeaderValues(headers, 'x-forwarded-for')).toEqual(['10.0.0.9']);
    expect(getHeader(headers, 'x-forwarded-proto')).toBe('https');
    expect(getHeader(headers, 'x-forwarded-host')).toBe('shop.test');
    expect(headers.join(' ')).not.toMatch(/evil|6\.6\.6\.6/);
  });

  it('appends itself to Via', () => {
    expect(getHeaderValues(build({ headers: ['Via', '1.0 old', 'via', '1.1 cdn'] }), 'via')).toEqual([
      '1.0 old, 1.1 cdn, 1.1 portico',
    ]);
  });

  it('tells who the caller is, encoding what a header cannot hold', () => {
    const headers = build({}, { principal: PRINCIPAL });
    expect(getHeader(headers, 'x-user-id')).toBe('u1');
    expect(getHeader(headers, 'x-username')).toBe('Zo%C3%AB %C3%85ngstr%C3%B6m');
    expect(getHeader(headers, 'x-roles')).toBe('admin,a%2Cb');
    expect(getHeader(headers, 'x-tenant')).toBe('t 1');
  });

  it('encodes any name so that it can be sent, and had back by decoding', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme', minLength: 1 }), (name) => {
        const headers = build({}, { principal: { ...PRINCIPAL, name } });
        const value = getHeader(headers, 'x-username');
        expect(value ?? '').toMatch(/^[ -~]*$/);
        expect(decodeURIComponent(value ?? '')).toBe(name.trim());
      }),
    );
  });
});

describe('what a client says', () => {
  /** What is left of a client's headers; `via`, request id and `traceparent` come after that. */
  const strip = (headers: string[]) => build({ headers }).slice(0, -6);

  it('never reaches the service as identity, in whatever spelling', () => {
    const spelt = fc
      .constantFrom('X-User-ID', 'X-Username', 'X-Roles', 'X-Request-ID', 'Traceparent', 'X-Forwarded-For')
      .chain((name) =>
        fc
          .array(fc.record({ upper: fc.boolean(), sign: fc.constantFrom('-', '_', '.') }), {
            minLength: name.length,
            maxLength: name.length,
          })
          .map((how) =>
            [...name]
              .map((char, i) => {
                if (char === '-') return how[i]?.sign;
                return how[i]?.upper ? char.toUpperCase() : char.toLowerCase();
              })
              .join(''),
          ),
      );
    fc.assert(
      fc.property(spelt, (name) => {
        expect(strip([name, 'forged', 'X-Other', 'kept'])).toEqual(['X-Other', 'kept']);
      }),
    );
  });

  it('keeps spelling, order and repetition otherwise', () => {
    const headers = ['Cookie', 'a=1', 'X-A', '1', 'x-a', '2', 'Authorization', 'Bearer t'];
    expect(strip(headers)).toEqual(headers);
  });

  it('loses hop-by-hop headers, and those that Connection names', () => {
    const headers = ['Connection', 'keep-alive, X-Hop', 'X-Hop', '1', 'TE', 'trailers', 'Keep-Alive', '5'];
    expect(
      strip([
        ...headers,
        'Upgrade',
        'h2c',
        'HTTP2-Settings',
        'x',
        'Expect',
        '100-continue',
        'Host',
        'h',
        'X-B',
        '2',
      ]),
    ).toEqual(['X-B', '2']);
    expect(strip(['X-A', '1', 'Via', '1.0 old', 'connection', 'close, via ,x-a', 'X-C', '3'])).toEqual([
      'X-C',
      '3',
    ]);
  });

  it('cannot drop what the gateway says by naming it in Connection', () => {
    const headers = build(
      { headers: ['Connection', 'x-user-id, via, traceparent, x-request-id, content-type'] },
      { principal: PRINCIPAL },
    );
    for (const name of ['x-user-id', 'via', 'traceparent', 'x-request-id'])
      expect(getHeader(headers, name)).toBeDefined();
  });

  it('says how long a stream is, once; the length of anything else is known', () => {
    const headers = ['Content-Length', '5', 'content-length', '7'];
    expect(getHeaderValues(build({ headers, body: 'hello' }), 'content-length')).toEqual([]);
    expect(getHeaderValues(build({ headers, body: null }), 'content-length')).toEqual([]);
  });
});

describe('headers of GraphQL calls', () => {
  const client = ['Accept-Language', 'de', 'Authorization', 'Bearer t', 'X-User-ID', 'forged'];

  it('are the listed ones of the client, unless the call sets them itself', () => {
    const headers = build(
      { door: 'graphql', headers: ['Accept-Language', 'fr'] },
      { headers: client },
      {
        forward: ['accept-language', 'authorization', 'x-user-id'],
      },
    );
    expect(getHeaderValues(headers, 'accept-language')).toEqual(['fr']);
    expect(getHeader(headers, 'authorization')).toBe('Bearer t');
    expect(headers).not.toContain('forged');
  });

  it('are none but accept-language if nothing is said', () => {
    const headers = build({ door: 'graphql' }, { headers: client });
    expect(getHeader(headers, 'accept-language')).toBe('de');
    expect(getHeader(headers, 'authorization')).toBeUndefined();
    expect(getHeader(headers, 'accept-encoding')).toBe('identity');
  });

  it('are not added to what a route passes on', () => {
    expect(getHeader(build({}, { headers: client }), 'accept-language')).toBeUndefined();
  });
});

it('does what headers.set and headers.remove say, for every call', () => {
  const headers = build(
    { headers: ['X-Key', 'client', 'Cookie', 'a=1', 'X-B', '2'] },
    {},
    { set: { 'X-Key': 'ours' }, remove: ['cookie'] },
  );
  expect(getHeaderValues(headers, 'x-key')).toEqual(['ours']);
  expect(getHeader(headers, 'cookie')).toBeUndefined();
  expect(getHeader(headers, 'x-b')).toBe('2');
});
