import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { compileMapping } from '../../../src/connect/mapping/compile-mapping.ts';
import { composeRequestUrl } from '../../../src/connect/template/request-url.ts';
import { compileUrlTemplate } from '../../../src/connect/template/url-template.ts';
import type { Json } from '../../../src/kernel/json.ts';

const options = { version: '0.3', allow: ['$args'] } as const;
const BASE = 'https://api.example.com';

/** What a server or a proxy sees in a URL, whatever its values are. */
function structureOf(pathAndQuery: string): object {
  const url = new URL(BASE + pathAndQuery);
  const resolved = new URL(pathAndQuery, `${BASE}/some/where`);
  return {
    origin: url.origin,
    // The same when it is taken as relative to another page, as some clients do.
    resolvedOrigin: resolved.origin,
    resolvedSegments: resolved.pathname.split('/').length,
    credentials: url.username + url.password,
    segments: url.pathname.split('/').length,
    names: [...url.searchParams.keys()],
    hash: url.hash,
  };
}

/** Texts that mean something to URL parsers, alone and mixed with any others. */
const nasty = fc.constantFrom(
  ...[
    '/',
    '//',
    '?',
    '#',
    '&',
    '=',
    '%',
    '%2F',
    '%2e',
    '%2E%2e',
    '.',
    '..',
    '...',
    '\\',
    '@',
    ':',
    ';',
    '+',
    ' ',
    '\t',
  ],
  ...[
    '\r\n',
    '\u0000',
    'http://evil.example',
    '//evil.example',
    '..\\',
    '%00',
    '％２Ｆ',
    '．．',
    '／',
    '\ud800',
    '😀',
    '',
  ],
);
const text = fc.oneof(
  nasty,
  fc.string({ unit: 'binary' }),
  fc.array(fc.oneof(nasty, fc.string({ maxLength: 3 })), { maxLength: 6 }).map((parts) => parts.join('')),
);
const value: fc.Arbitrary<Json> = fc.oneof(
  { weight: 6, arbitrary: text },
  { weight: 1, arbitrary: fc.double({ noNaN: true, noDefaultInfinity: true }) },
  { weight: 1, arbitrary: fc.boolean() },
);

const templates = fc.constantFrom(
  '/a/{$args.x}',
  '/a/{$args.x}/b/{$args.y}?p={$args.x}&q={$args.y}#f',
  '/{$args.x}',
  '/{$args.x}/{$args.y}',
  '{$args.x}/{$args.y}/c',
  '/a/{$args.x}{$args.y}',
  '/a/{$args.x}.{$args.y}',
  '/a/.{$args.x}/',
  '/a/%2e{$args.x}/',
  '/a;m={$args.x}/b',
  '/a?p=x{$args.x}y&q=z{$args.y}',
  '/a?p[]={$args.x}&p[]={$args.y}',
);

describe('a value never changes the structure of a URL', () => {
  test('in a template', () => {
    fc.assert(
      fc.property(templates, value, value, (source, x, y) => {
        const template = compileUrlTemplate(source, options).value;
        if (template === undefined) throw new Error(source);
        const url = composeRequestUrl({ template });
        const plain = url.render({ $args: { x: 'x', y: 'y' } }) ?? '';
        const rendered = url.render({ $args: { x, y } });
        if (rendered === undefined) return;
        expect(rendered).toMatch(/^\/[\x21-\x7e]*$/);
        expect(structureOf(rendered)).toStrictEqual(structureOf(plain));
      }),
      { numRuns: 2500 },
    );
  });

  test('and arrives as it was', () => {
    fc.assert(
      fc.property(text, (x) => {
        const template = compileUrlTemplate('/a/{$args.x}/b?q={$args.x}', options).value;
        const rendered = template && composeRequestUrl({ template }).render({ $args: { x } });
        if (rendered === undefined) return;
        const url = new URL(BASE + rendered);
        const sent = x.replace(/[\ud800-\udfff]/gu, '\ufffd');
        expect(decodeURIComponent(url.pathname.split('/')[2] ?? '')).toBe(sent);
        expect(url.searchParams.get('q')).toBe(sent);
      }),
      { numRuns: 1000 },
    );
  });

  test('is refused only if it would', () => {
    fc.assert(
      fc.property(text, (x) => {
        const template = compileUrlTemplate('/a/{$args.x}', options).value;
        const rendered = template && composeRequestUrl({ template }).render({ $args: { x } });
        expect(rendered === undefined).toBe(x === '.' || x === '..');
      }),
      { numRuns: 1000 },
    );
  });

  test('in mappings of segments and parameters', () => {
    const compile = (source: string) => compileMapping(source, { ...options, kind: 'selection' }).value;
    const template = compileUrlTemplate('/a', options).value;
    if (template === undefined) throw new Error('/a');
    const url = composeRequestUrl({ template, path: compile('$args.path'), query: compile('$args.query') });
    fc.assert(
      fc.property(
        fc.array(value),
        fc.array(fc.tuple(text, fc.oneof(value, fc.array(value)))),
        (path, query) => {
          const rendered = url.render({ $args: { path, query: Object.fromEntries(query) } });
          if (rendered === undefined) return;
          const seen = new URL(BASE + rendered);
          const given = Object.entries(Object.fromEntries(query));
          const count = given.reduce((sum, [, item]) => sum + (Array.isArray(item) ? item.length : 1), 0);
          expect(seen.pathname.split('/')).toHaveLength(path.length + 2);
          expect([...seen.searchParams]).toHaveLength(count);
          expect(seen.origin + seen.hash).toBe(BASE);
        },
      ),
      { numRuns: 1000 },
    );
  });
});

test('any template compiles or has problems within it, and renders or does not', () => {
  const pieces = fc.constantFrom(
    'http://',
    'https://',
    'x',
    '{$args.x}',
    '{',
    '}',
    '/',
    '?',
    '&',
    '=',
    '#',
    '%',
    '.',
    ':',
    '@',
    '\\',
    '\n',
  );
  const sources = fc.oneof(
    fc.string({ unit: 'binary' }),
    fc.array(pieces, { maxLength: 12 }).map((parts) => parts.join('')),
  );
  fc.assert(
    fc.property(sources, value, (source, x) => {
      const { value: template, problems } = compileUrlTemplate(source, options);
      for (const { offset } of problems) expect(offset >= 0 && offset <= source.length).toBe(true);
      if (template === undefined) return;
      const rendered = composeRequestUrl({ template }).render({ $args: { x } });
      if (rendered !== undefined) expect(new URL(BASE + rendered).origin).toBe(BASE);
    }),
    { numRuns: 1500 },
  );
});
