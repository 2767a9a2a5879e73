import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { normaliseTarget } from '../../src/guard/normal-path.ts';

const accepted: [target: string, path: string, query: string][] = [
  ['/', '/', ''],
  ['/a/b/', '/a/b/', ''],
  ['/a?x=1&y=//..', '/a', '?x=1&y=//..'],
  ['/a?', '/a', '?'],
  ['/users/a%2Fb', '/users/a%2Fb', ''],
  ['/users/a%2fb', '/users/a%2Fb', ''],
  ['/%61dmin', '/admin', ''],
  ['/%7euser', '/~user', ''],
  ['/users/%40me', '/users/@me', ''],
  ['/a%3Bb', '/a%3Bb', ''],
  ['/a;b=1', '/a;b=1', ''],
  ['/a%2Bb+c', '/a%2Bb+c', ''],
  ['/.well-known/x', '/.well-known/x', ''],
  ['/...', '/...', ''],
  ['/a..b', '/a..b', ''],
  ['/a%20b', '/a%20b', ''],
  ['/%252e%252e', '/%252e%252e', ''],
  ['/{a}|b^"', '/%7Ba%7D%7Cb%5E%22', ''],
  ['/caf%C3%A9', '/caf%C3%A9', ''],
  ['/caf\u00c3\u00a9', '/caf%C3%A9', ''],
  ['/a?q=%00%0a', '/a', '?q=%00%0a'],
  ['/a?q=\u00e9', '/a', '?q=%E9'],
];

const refused = [
  '',
  'a',
  '//',
  '//a',
  '/a//b',
  '/a//',
  '/.',
  '/..',
  '/./a',
  '/a/.',
  '/a/..',
  '/a/../b',
  '/a/./b',
  '/%2e',
  '/a/%2e%2e/b',
  '/a/%2E%2E/b',
  '/a/.%2e/b',
  '/a/%2E./b',
  '/x%2ejson',
  '/a/..%2Fb',
  '/a%2f../b',
  '/a%2F.%2fb',
  '/a\\b',
  '/a%5cb',
  '/a%5C..%5Cb',
  '/a%00',
  '/a%0d%0aX',
  '/a%7F',
  '/a\u0001',
  '/a%',
  '/a%2',
  '/a%zz',
  '/a%u0041',
  '/%c0%ae%c0%ae/a',
  '/%ff',
  '/caf\u00e9',
  '/a#b',
  '/a?b#c',
];

describe('normaliseTarget', () => {
  it.each(accepted)('%j becomes %j %j', (target, path, query) => {
    expect(normaliseTarget(target)).toEqual({ path, query });
  });

  it.each(refused)('refuses %j', (target) => {
    expect(() => normaliseTarget(target)).toThrowError(
      expect.objectContaining({ code: 'BAD_REQUEST', message: expect.stringMatching(/^Malformed path/) }),
    );
  });

  /** Pieces that path tricks are made of, and some that are nothing special. */
  const piece = fc.oneof(
    fc.constantFrom(
      '/',
      '.',
      '..',
      '%2e',
      '%2E',
      '%2F',
      '%2f',
      '%5c',
      '\\',
      '%00',
      '%',
      '%25',
      ';',
      '?',
      '#',
      '%c0',
      '%ae',
      '%C3%A9',
    ),
    fc.constantFrom('a', 'admin', '%61', '@', '%40', '~', ' ', '\u00e9', '{', '|', '+', '%2B'),
    fc.string({ unit: 'binary-ascii', maxLength: 3 }),
  );
  const target = fc.array(piece, { maxLength: 12 }).map((pieces) => `/${pieces.join('')}`);

  it('is what every URL parser takes it for, whatever was sent', () => {
    fc.assert(
      fc.property(target, (raw) => {
        let normal: ReturnType<typeof normaliseTarget>;
        try {
          normal = normaliseTarget(raw);
        } catch (error) {
          expect(error).toMatchObject({ code: 'BAD_REQUEST' });
          return;
        }
        const { path, query } = normal;
        const url = new URL(`http://host.test${path}${query}`);
        expect(url.host).toBe('host.test');
        expect(url.pathname).toBe(path);
        expect(path).not.toMatch(/(?:^|\/)\.{1,2}(?:\/|$)|\/\/|\\|%2e|%5c/i);
        // Nor when whoever comes next decodes it first.
        expect(decodeURIComponent(path)).not.toMatch(/(?:^|\/)\.{1,2}(?:\/|$)/);
      }),
      { numRuns: 5000 },
    );
  });

  it('changes nothing the second time', () => {
    fc.assert(
      fc.property(target, (raw) => {
        let first: ReturnType<typeof normaliseTarget>;
        try {
          first = normaliseTarget(raw);
        } catch {
          return;
        }
        expect(normaliseTarget(first.path + first.query)).toEqual(first);
      }),
      { numRuns: 3000 },
    );
  });
});
