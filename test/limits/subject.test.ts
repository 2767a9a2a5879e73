import { isIPv6 } from 'node:net';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Principal } from '../../src/kernel/principal.ts';
import { createLimit } from '../../src/limits/limit.ts';
import { networkOf } from '../../src/limits/network.ts';
import { type Caller, subjectOf } from '../../src/limits/subject.ts';

const CLIENT = { ip: '203.0.113.7', protocol: 'http', host: 'h', forwardedFor: '' } as const;

function subject(by: string[], caller: Partial<Caller> = {}): string {
  const limit = createLimit('x', { requests: 1, window: 1000, by }, ['x']);
  return subjectOf(limit.by, { client: CLIENT, headers: [], ...caller });
}

function principal(id: string, keyId?: string): Principal {
  return {
    via: keyId === undefined ? 'jwt' : 'api-key',
    id,
    name: undefined,
    roles: [],
    scopes: [],
    claims: {},
    ...(keyId === undefined ? {} : { keyId }),
  };
}

describe('who a request counts for', () => {
  it('is the first of the list that it has', () => {
    const by = ['key', 'user', 'header:X-Tenant', 'ip'];
    expect(subject(by, { principal: principal('u1', 'k1') })).toBe('key:k1');
    expect(subject(by, { principal: principal('u1') })).toBe('user:u1');
    expect(subject(by, { headers: ['x-TENANT', 'acme'] })).toMatch(/^header:x-tenant:[\w-]{22}$/);
    expect(subject(by)).toBe('ip:203.0.113.7');
  });

  it('is the address where it has none of them', () => {
    expect(subject(['user'])).toBe('ip:203.0.113.7');
    expect(subject(['key'], { principal: principal('u1') })).toBe('ip:203.0.113.7');
    expect(subject(['header:X-Tenant'], { headers: ['X-Tenant', ''] })).toBe('ip:203.0.113.7');
  });

  it('never grows with what is sent, never shows a header, and keeps callers apart', () => {
    const of = (tenant: string) => subject(['header:X-Tenant'], { headers: ['X-Tenant', tenant] });
    const user = (id: string) => subject(['user'], { principal: principal(id) });
    fc.assert(
      fc.property(fc.string({ minLength: 1 }), fc.string({ minLength: 1 }), (a, b) => {
        expect(of(a) === of(b)).toBe(a === b);
        expect(user(a) === user(b)).toBe(a === b);
        expect(user(a)).not.toBe(of(b));
      }),
    );
    expect(of('s3cret')).not.toContain('s3cret');
    expect(of('x'.repeat(10_000)).length).toBeLessThan(60);
    expect(user('x'.repeat(10_000)).length).toBeLessThan(60);
    // What an id looks like when it is hashed is no way to be somebody else.
    expect(user(user('y'.repeat(100)).slice('user#'.length))).not.toBe(user('y'.repeat(100)));
  });
});

describe('an address', () => {
  it.each([
    ['203.0.113.7', '203.0.113.7'],
    ['2001:db8:1:2:3:4:5:6', '2001:db8:1:2::/64'],
    ['2001:0DB8:0001:0002:ffff:ffff:ffff:ffff', '2001:db8:1:2::/64'],
    ['2001:db8::1', '2001:db8:0:0::/64'],
    ['::1', '0:0:0:0::/64'],
    ['::', '0:0:0:0::/64'],
    ['1::', '1:0:0:0::/64'],
    ['1:2:3:4::', '1:2:3:4::/64'],
    ['64:ff9b::192.0.2.33', '64:ff9b:0:0::/64'],
    ['1:2:3:4:5:6:192.0.2.33', '1:2:3:4::/64'],
    ['fe80::1%eth0', 'fe80:0:0:0::/64'],
    ['', ''],
  ])('%s counts as %s', (ip, network) => expect(networkOf(ip)).toBe(network));

  it('counts as one with all others of its network, however it is written', () => {
    const group = fc.integer({ min: 0, max: 0xffff });
    const groups = fc.array(group, { minLength: 8, maxLength: 8 });
    fc.assert(
      fc.property(groups, groups, (a, b) => {
        const text = (list: number[]) => list.map((n) => n.toString(16)).join(':');
        const short = new URL(`http://[${text(a)}]`).hostname.slice(1, -1);
        expect(isIPv6(short)).toBe(true);
        expect(networkOf(short)).toBe(networkOf(text(a)));
        expect(networkOf(text([...a.slice(0, 4), ...b.slice(4)]))).toBe(networkOf(short));
        if (a[3] !== b[3])
          expect(networkOf(text([...a.slice(0, 3), ...b.slice(3)]))).not.toBe(networkOf(short));
      }),
    );
  });

  it('is bounded and no fault, whatever a proxy claims', () => {
    fc.assert(
      fc.property(fc.string({ maxLength: 300 }), (text) => {
        expect(networkOf(text).length).toBeLessThan(80);
      }),
    );
  });
});
