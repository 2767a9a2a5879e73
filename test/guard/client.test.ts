import { describe, expect, it } from 'vitest';
import { createFindClient } from '../../src/guard/client.ts';

const peer = { ip: '10.0.0.1', protocol: 'http' } as const;
const trusting = createFindClient(['10.0.0.0/8', '2001:db8::/32']);

describe('createFindClient', () => {
  it('believes nobody by default, and sends on no more than the socket says', () => {
    const headers = ['X-Forwarded-For', '1.2.3.4', 'X-Forwarded-Proto', 'https', 'Forwarded', 'for=1.2.3.4'];
    expect(createFindClient([])(peer, 'a.test', headers)).toEqual({
      ip: '10.0.0.1',
      protocol: 'http',
      host: 'a.test',
      forwardedFor: '10.0.0.1',
    });
  });

  it('does not believe a client that is no proxy', () => {
    const client = trusting({ ip: '203.0.113.9', protocol: 'http' }, 'a.test', [
      'X-Forwarded-For',
      '1.2.3.4',
    ]);
    expect(client).toMatchObject({ ip: '203.0.113.9', forwardedFor: '203.0.113.9' });
  });

  it.each<[name: string, headers: string[], expected: object]>([
    [
      'one hop',
      ['X-Forwarded-For', '203.0.113.9'],
      { ip: '203.0.113.9', forwardedFor: '203.0.113.9, 10.0.0.1' },
    ],
    [
      'two trusted hops',
      ['X-Forwarded-For', '203.0.113.9, 10.0.0.2'],
      { ip: '203.0.113.9', forwardedFor: '203.0.113.9, 10.0.0.2, 10.0.0.1' },
    ],
    [
      'what the client made up',
      ['X-Forwarded-For', '1.1.1.1, 203.0.113.9'],
      { ip: '203.0.113.9', forwardedFor: '203.0.113.9, 10.0.0.1' },
    ],
    [
      'a chain over two header lines',
      ['X-Forwarded-For', '1.1.1.1', 'x-forwarded-for', '203.0.113.9'],
      { ip: '203.0.113.9', forwardedFor: '203.0.113.9, 10.0.0.1' },
    ],
    [
      'only trusted hops: the farthest one is the client',
      ['X-Forwarded-For', '10.0.0.3, 10.0.0.2'],
      { ip: '10.0.0.3', forwardedFor: '10.0.0.3, 10.0.0.2, 10.0.0.1' },
    ],
    ['an address with a port', ['X-Forwarded-For', '203.0.113.9:4711'], { ip: '203.0.113.9' }],
    ['IPv6 in brackets with a port', ['X-Forwarded-For', '[2001:db9::7]:4711'], { ip: '2001:db9::7' }],
    [
      'junk, behind which one sees no further',
      ['X-Forwarded-For', '203.0.113.9, unknown'],
      { ip: '10.0.0.1', forwardedFor: '10.0.0.1' },
    ],
    ['an address that would break a header', ['X-Forwarded-For', '1.2.3.4\u0000'], { ip: '10.0.0.1' }],
    [
      'scheme and host',
      ['X-Forwarded-For', '203.0.113.9', 'X-Forwarded-Proto', 'HTTPS', 'X-Forwarded-Host', 'shop.test:8443'],
      { protocol: 'https', host: 'shop.test:8443' },
    ],
    [
      'scheme alone',
      ['X-Forwarded-Proto', 'https'],
      { ip: '10.0.0.1', protocol: 'https', forwardedFor: '10.0.0.1' },
    ],
    [
      'one scheme for the whole chain',
      ['X-Forwarded-For', '203.0.113.9, 10.0.0.2', 'X-Forwarded-Proto', 'https'],
      { protocol: 'https' },
    ],
    [
      'a scheme appended to what the client made up',
      ['X-Forwarded-For', '1.1.1.1, 203.0.113.9', 'X-Forwarded-Proto', 'https, http'],
      { protocol: 'http' },
    ],
    ['a scheme that is none', ['X-Forwarded-Proto', 'gopher'], { protocol: 'http' }],
    ['a host that is none', ['X-Forwarded-Host', 'a@b.test'], { host: 'a.test' }],
    [
      'Forwarded',
      ['Forwarded', 'for=192.0.2.60;proto=https;host="shop.test:8443"'],
      { ip: '192.0.2.60', protocol: 'https', host: 'shop.test:8443', forwardedFor: '192.0.2.60, 10.0.0.1' },
    ],
    [
      'Forwarded with commas in quotes, IPv6 and what the client made up',
      [
        'Forwarded',
        'for="1.1.1.1, by=x", For="[2001:db9:cafe::17]:4711"; Proto=https',
        'Forwarded',
        'for=10.0.0.2',
      ],
      { ip: '2001:db9:cafe::17', protocol: 'https', forwardedFor: '2001:db9:cafe::17, 10.0.0.2, 10.0.0.1' },
    ],
    [
      'Forwarded whose client has left a quote open before what the proxy adds',
      ['Forwarded', 'for=6.6.6.6;x=", for="[2001:db9::1]";proto=https'],
      { ip: '2001:db9::1', protocol: 'https', forwardedFor: '2001:db9::1, 10.0.0.1' },
    ],
    [
      'the same without quotes in what the proxy adds',
      ['Forwarded', 'for=6.6.6.6;x=", for=203.0.113.9'],
      { ip: '203.0.113.9' },
    ],
    [
      'Forwarded with escapes, empty elements and what is no pair',
      ['Forwarded', ', for="203.0.113.9";ext="a\\",;\\\\";junk ,,'],
      { ip: '203.0.113.9' },
    ],
    [
      'a hidden party in Forwarded',
      ['Forwarded', 'for=_hidden;proto=https'],
      { ip: '10.0.0.1', protocol: 'https' },
    ],
    [
      'Forwarded not, where the older headers are there',
      ['Forwarded', 'for=192.0.2.60', 'X-Forwarded-For', '203.0.113.9'],
      { ip: '203.0.113.9' },
    ],
    ['nothing at all', [], { ip: '10.0.0.1', host: 'a.test', forwardedFor: '10.0.0.1' }],
  ])('takes from a trusted proxy: %s', (_name, headers, expected) => {
    expect(trusting(peer, 'a.test', headers)).toMatchObject(expected);
  });

  it('sees through the way that dual-stack sockets show IPv4', () => {
    const client = trusting({ ip: '::ffff:10.0.0.1', protocol: 'http' }, 'a.test', [
      'X-Forwarded-For',
      '::ffff:1.2.3.4',
    ]);
    expect(client).toMatchObject({ ip: '1.2.3.4', forwardedFor: '1.2.3.4, 10.0.0.1' });
  });

  it('refuses to trust what is no address', () => {
    expect(() => createFindClient(['my-proxy'])).toThrowError(TypeError);
  });
});
