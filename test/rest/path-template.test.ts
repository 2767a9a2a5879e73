import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { buildPathPattern } from '../../src/blueprint/route/path-pattern.ts';
import { compileRewrite, decodeParameters, matchPath } from '../../src/rest/path-template.ts';

function pattern(path: string) {
  const built = buildPathPattern(path);
  if ('fault' in built) throw new Error(built.fault);
  return built;
}

describe('rewrite', () => {
  test.each([
    ['/api/users/*', '/v2/*', '/api/users', '/v2'],
    ['/api/users/*', '/v2/*', '/api/users/', '/v2/'],
    ['/api/users/*', '/v2/*', '/api/users/5/a%2Fb', '/v2/5/a%2Fb'],
    ['/api/*', '/*', '/api', '/'],
    ['/api/*', '/*', '/api/', '/'],
    ['/api/*', '/*', '/api/x', '/x'],
    ['/api/*', '/fixed', '/api/x', '/fixed'],
    ['/u/{id}', '/users/{id}/profile', '/u/a%20b', '/users/a%20b/profile'],
    ['/{a}/{b}/*', '/{b}/{a}/*', '/1/2/3', '/2/1/3'],
    ['/x', '/', '/x', '/'],
  ])('%s → %s: %s goes to %s', (path, rewrite, from, to) => {
    expect(compileRewrite(rewrite, pattern(path))(from)).toBe(to);
  });

  test('a name that the path lacks is a fault', () => {
    expect(() => compileRewrite('/v2/{od}', pattern('/v1/{id}'))).toThrow('{od}');
  });

  test('a value never becomes more than the segment it was', () => {
    const rewrite = compileRewrite('/v2/{a}/x/{b}', pattern('/{a}/{b}'));
    const value = fc.string({ minLength: 1, unit: 'grapheme' }).map(encodeURIComponent);
    fc.assert(
      fc.property(value, value, (a, b) => {
        expect(rewrite(`/${a}/${b}`).split(/[/?#]/)).toEqual(['', 'v2', a, 'x', b]);
      }),
    );
  });
});

test('values of the path come decoded, and as they are where they are no encoding', () => {
  const users = pattern('/users/{id}/{tab}');
  expect(decodeParameters(matchPath(users, '/users/a%2Fb%C3%A9/%zz'))).toEqual({ id: 'a/bé', tab: '%zz' });
});
