import fc from 'fast-check';
import { expect, it } from 'vitest';
import { parsePath } from '../../src/config/path-pattern.ts';

it('reads literal segments, parameters and the rest', () => {
  expect(parsePath('/orders/{id}/lines/*')).toEqual({
    source: '/orders/{id}/lines/*',
    segments: [{ literal: 'orders' }, { parameter: 'id' }, { literal: 'lines' }],
    rest: true,
  });
  expect(parsePath('/')).toEqual({ source: '/', segments: [], rest: false });
  expect(parsePath('/*')).toEqual({ source: '/*', segments: [], rest: true });
  expect(parsePath('/users/')).toMatchObject({ segments: [{ literal: 'users' }, { literal: '' }] });
  expect(parsePath('/a%2Fb/~c')).toMatchObject({ segments: [{ literal: 'a%2Fb' }, { literal: '~c' }] });
});

it('gives a reason or a pattern that spells the same path, for any text', () => {
  const piece = fc.constantFrom(
    '/',
    '/',
    'a',
    '{',
    '}',
    '{id}',
    '*',
    '..',
    '.',
    '%2e',
    '%',
    '?',
    '#',
    ' ',
    'é',
    '\\',
  );
  fc.assert(
    fc.property(fc.array(piece, { maxLength: 12 }), (pieces) => {
      const source = pieces.join('');
      const parsed = parsePath(source);
      if ('fault' in parsed) {
        expect(parsed.fault).not.toBe('');
        return;
      }
      const parts = parsed.segments.map((one) => ('literal' in one ? one.literal : `{${one.parameter}}`));
      expect(`/${[...parts, ...(parsed.rest ? ['*'] : [])].join('/')}`).toBe(source);
      expect(parts.slice(0, -1)).not.toContain('');
      expect(parts.every((part) => !/^(\.|%2e){1,2}$/i.test(part))).toBe(true);
    }),
    { numRuns: 2000 },
  );
});
