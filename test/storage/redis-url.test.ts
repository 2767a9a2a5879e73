import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseRedisUrl } from '../../src/storage/redis-url.ts';

const node = (host: string, port = 6379) => ({ host, port });

describe('a Redis URL', () => {
  it.each([
    ['redis://localhost', { kind: 'single', node: node('localhost'), db: 0, tls: false }],
    ['redis://localhost:6380/3', { kind: 'single', node: node('localhost', 6380), db: 3, tls: false }],
    ['redis://localhost/', { kind: 'single', node: node('localhost'), db: 0, tls: false }],
    ['rediss://[::1]:6380', { kind: 'single', node: node('::1', 6380), db: 0, tls: true }],
    [
      'redis://:s3cret@10.0.0.1',
      { kind: 'single', node: node('10.0.0.1'), db: 0, tls: false, password: 's3cret' },
    ],
    [
      'redis://s3cret@10.0.0.1',
      { kind: 'single', node: node('10.0.0.1'), db: 0, tls: false, password: 's3cret' },
    ],
    [
      'redis://ada:p%40ss%2Fw%3Ard@cache',
      { kind: 'single', node: node('cache'), db: 0, tls: false, username: 'ada', password: 'p@ss/w:rd' },
    ],
    [
      'redis-cluster://a:1,b,[::2]:3',
      { kind: 'cluster', nodes: [node('a', 1), node('b'), node('::2', 3)], tls: false },
    ],
    ['rediss-cluster://:pw@a:1/0', { kind: 'cluster', nodes: [node('a', 1)], tls: true, password: 'pw' }],
    [
      'redis-sentinel://ada:pw@a,b:5/my%20master/2',
      {
        kind: 'sentinel',
        nodes: [node('a', 26_379), node('b', 5)],
        master: 'my master',
        db: 2,
        tls: false,
        username: 'ada',
        password: 'pw',
      },
    ],
    [
      'rediss-sentinel://a/main',
      { kind: 'sentinel', nodes: [node('a', 26_379)], master: 'main', db: 0, tls: true },
    ],
  ])('%s is read', (url, target) => {
    expect(parseRedisUrl(url)).toEqual(target);
  });

  it.each([
    ['localhost:6379', /^expected redis:/],
    ['http://localhost', /^expected redis:/],
    ['redis://', /^expected redis:/],
    ['redis:///0', /^expected redis:/],
    ['redis://host:0', /^expected redis:/],
    ['redis://host:65536', /^expected redis:/],
    ['redis://ho st', /^expected redis:/],
    ['redis://host/0?db=1', /^expected redis:/],
    ['redis://a,,b', /^expected redis:/],
    ['redis://a,b', /several hosts need/],
    ['redis://host/one', /the database .* is a number/],
    ['redis://host/0/1', /the database .* is a number/],
    ['redis-cluster://a/1', /a Redis cluster has no databases/],
    ['redis-sentinel://a', /ends with \/master-name/],
    ['redis-sentinel://a/m/1/2', /ends with \/master-name/],
    ['redis-sentinel://a/m/x', /the database .* is a number/],
    ['redis://:%zz@host', /written %25/],
  ])('%s is none', (url, message) => {
    expect(() => parseRedisUrl(url)).toThrow(message);
  });

  const host = fc.stringMatching(/^[a-z][a-z0-9-]{0,10}$/);
  const nodes = fc.array(fc.record({ host, port: fc.integer({ min: 1, max: 65_535 }) }), { minLength: 1 });
  const secret = fc.string({ minLength: 1, unit: 'grapheme' });

  it('gives back what was written into it', () => {
    fc.assert(
      fc.property(nodes, secret, secret, secret, fc.nat(99), (all, username, password, master, db) => {
        const hosts = all.map((one) => `${one.host}:${one.port}`).join(',');
        const text = `rediss-sentinel://${encodeURIComponent(username)}:${encodeURIComponent(password)}@${hosts}/${encodeURIComponent(master)}/${db}`;
        const expected = { kind: 'sentinel', nodes: all, username, password, master, db, tls: true };
        expect(parseRedisUrl(text)).toEqual(expected);
      }),
    );
  });

  it('is read or refused with an Error that shows nothing of it', () => {
    const text = fc.oneof(
      fc.string(),
      fc.string().map((rest) => `redis://:s3cret${rest}`),
    );
    fc.assert(
      fc.property(text, (url) => {
        try {
          parseRedisUrl(url);
        } catch (error) {
          expect(error).toBeInstanceOf(Error);
          expect((error as Error).message).not.toContain('s3cret');
        }
      }),
    );
  });
});
