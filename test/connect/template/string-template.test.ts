import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Variables } from '../../../src/connect/mapping/mapping.ts';
import { compileStringTemplate } from '../../../src/connect/template/string-template.ts';
import type { Json } from '../../../src/kernel/json.ts';

const options = { version: '0.3', allow: ['$args', '$config', '$context'] } as const;

function render(source: string, variables: Variables): string | undefined {
  const { value, problems } = compileStringTemplate(source, options);
  if (value === undefined) throw new Error(JSON.stringify(problems));
  return value.render(variables);
}

function problemsOf(source: string): string[] {
  return compileStringTemplate(source, options).problems.map(
    ({ offset, message }) => `${offset}: ${message}`,
  );
}

describe('a text with values', () => {
  test.each<[string, Json, string | undefined]>([
    ['plain', null, 'plain'],
    ['', null, ''],
    ['Bearer {$args.x}', 'abc', 'Bearer abc'],
    ['{$args.x}', 'abc', 'abc'],
    ['{$args.x}-{$args.x}', 1, '1-1'],
    ['a {$args.x} b', 1.5, 'a 1.5 b'],
    ['{$args.x}', true, 'true'],
    ['[{$args.x}]', null, '[]'],
    ['[{$args.gone}]', null, '[]'],
    ['{$args.x}', ['a'], undefined],
    ['{$args.x}', { a: 1 }, undefined],
    ["{$args.x->joinNotNull(',')}", ['a', null, 'b'], 'a,b'],
    ['{$args.x->echo({ y: @ }).y}', 'v', 'v'],
    ['{$args.x->match(["}", "{"], [@, "other"])}', '}', '{'],
    ['{$args.x # a } in a comment\n}', 'v', 'v'],
    ['{$args.x ?? "it\'s \\" }"}', null, 'it\'s " }'],
    ['{$("a")}{$args.x}', 'b', 'ab'],
    ['two\n  lines\t', null, 'two  lines'],
    ['{$args.x}', 'a\tb', 'a\tb'],
    ['{$args.x}', 'é', 'é'],
  ])('%j with %j gives %j', (source, x, output) => {
    expect(render(source, { $args: { x } })).toBe(output);
  });

  test('says which values it uses, and where', () => {
    const { value } = compileStringTemplate(
      '{$args.a} and {$config { b }->get("b")}'.replace(' { b }->get("b")', '.b'),
      options,
    );
    expect(value?.uses).toStrictEqual([
      { variable: '$args', path: ['a'], offset: 1 },
      { variable: '$config', path: ['b'], offset: 15 },
    ]);
  });

  test('tells the observer why there is none', () => {
    const notes: string[] = [];
    const observe = (message: string, offset: number) => notes.push(`${offset}: ${message}`);
    const { value } = compileStringTemplate('x {$args.x}', options);
    value?.render({ $args: { x: [] } }, observe);
    value?.render({ $args: { x: 'a\nb' } }, observe);
    value?.render({ $args: {} }, observe);
    expect(notes).toStrictEqual([
      '3: Only a single value can stand here, not a list or an object.',
      '3: This value has characters that no header can carry.',
      '9: There is no "x" in an object.',
    ]);
  });
});

describe('a value can not begin another header', () => {
  test.each(['a\r\nX-Admin: 1', 'a\nb', 'a\rb', 'a\u0000b', '\u007f', '\u001b[31m', '\u2028', '😀', 'ā'])(
    '%j',
    (x) => {
      expect(render('v {$args.x}', { $args: { x } })).toBeUndefined();
    },
  );

  test('whatever it is', () => {
    const value = fc.oneof(fc.string({ unit: 'binary' }), fc.jsonValue());
    fc.assert(
      fc.property(value, (x) => {
        const text = render('a {$args.x} b', { $args: { x: x as Json } });
        if (text === undefined) return;
        expect(text).toMatch(/^a [\t\x20-\x7e\x80-\xff]* b$/);
        expect(() => new Headers({ x: text })).not.toThrow();
      }),
      { numRuns: 500 },
    );
  });
});

describe('problems have their place in the template', () => {
  test.each([
    ['a {$args.x', '2: There is no } that closes this {.'],
    ['a {$args.x { b }', '2: There is no } that closes this {.'],
    ['a {"x}', '2: There is no } that closes this {.'],
    [
      'a {$arg.x}',
      '3: Unknown variable $arg. Did you mean "$args"? Here you can use $args, $config, $context.',
    ],
    ['{$args.a} {$args.b->frst}', '20: Unknown method ->frst. Did you mean "first"?'],
    ['a {}', '3: Expected a field, a path or a value here, but found the end.'],
    ['a {$args { b }}', '3: Only a single value can stand here, and this is an object.'],
    ['a {$([1])}', '3: Only a single value can stand here, and this is a list.'],
    ['a\u0000', '0: This text has characters that no header can carry.'],
    ['😀', '0: This text has characters that no header can carry.'],
  ])('%j', (source, problem) => {
    expect(problemsOf(source)).toStrictEqual([problem]);
  });

  test('any string compiles or has problems within it', () => {
    const pieces = fc.array(
      fc.constantFrom('{', '}', '$args', '.x', '"', "'", '#', '\\', '\n', 'a', '%', '->map('),
      { maxLength: 20 },
    );
    fc.assert(
      fc.property(
        fc.oneof(
          fc.string({ unit: 'binary' }),
          pieces.map((parts) => parts.join('')),
        ),
        (source) => {
          const { value, problems } = compileStringTemplate(source, options);
          for (const { offset } of problems) expect(offset >= 0 && offset <= source.length).toBe(true);
          value?.render({ $args: { x: 1 } });
        },
      ),
      { numRuns: 1000 },
    );
  });
});
