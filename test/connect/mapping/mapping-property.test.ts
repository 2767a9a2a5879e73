import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { compileMapping } from '../../../src/connect/mapping/compile-mapping.ts';
import { tokenize } from '../../../src/connect/mapping/lexer.ts';
import type { ConnectVersion, Mapping } from '../../../src/connect/mapping/mapping.ts';
import { METHOD_NAMES } from '../../../src/connect/mapping/method-table.ts';
import type { Json } from '../../../src/kernel/json.ts';
import { grammar } from './mapping-grammar.ts';
import { ALL_VARIABLES } from './run-mapping.ts';

const versions = fc.constantFrom<ConnectVersion>('0.1', '0.2', '0.3', '0.4');
const kinds = fc.constantFrom<'selection' | 'expression'>('selection', 'expression');

/** Nothing but the signs of the language, in no order. */
const soup = fc
  .array(
    fc.constantFrom(
      ...[
        '{',
        '}',
        '(',
        ')',
        '[',
        ']',
        '$(',
        '->',
        '.',
        '...',
        '?',
        '??',
        '?!',
        ',',
        ':',
        '@',
        '$',
        '$args',
        '"',
        "'",
        '#',
      ],
      ...['\n', ' ', 'a', 'true', 'null', '-', '1', '.5', 'as', 'map', 'match', '\\', '\u0000', '\ud83d'],
    ),
    { maxLength: 40 },
  )
  .map((parts) => parts.join(''));

/** A text of the grammar with one stretch of it removed, doubled or replaced. */
const mutated = fc.tuple(grammar.selection, fc.nat(), fc.nat(8), soup).map(([text, at, length, other]) => {
  const start = at % (text.length + 1);
  return text.slice(0, start) + other.slice(0, length) + text.slice(start + length);
});

const variables = { $args: { id: 1, list: [{ a: 1 }, null] }, $this: null, $batch: [{ id: 'x' }] };

function compile(
  source: string,
  version: ConnectVersion,
  kind: 'selection' | 'expression',
): Mapping | undefined {
  const { value, problems } = compileMapping(source, { version, kind, allow: ALL_VARIABLES });
  for (const { message, offset } of problems) {
    expect(message).not.toBe('');
    expect(offset).toBeGreaterThanOrEqual(0);
    expect(offset).toBeLessThanOrEqual(source.length);
  }
  expect(value === undefined).toBe(problems.some(({ severity }) => severity === 'error'));
  for (const { offset } of value?.uses ?? []) expect(source.slice(offset)).not.toBe('');
  return value;
}

describe('compiling never throws, and every problem lies within the text', () => {
  test('any string', () => {
    fc.assert(fc.property(fc.string({ unit: 'binary', maxLength: 200 }), versions, kinds, compileAndRun), {
      numRuns: 1000,
    });
  });

  test('any order of the signs of the language', () => {
    fc.assert(fc.property(soup, versions, kinds, compileAndRun), { numRuns: 1500 });
  });

  test('a mapping with a fault in it', () => {
    fc.assert(fc.property(mutated, versions, kinds, compileAndRun), { numRuns: 1000 });
  });

  function compileAndRun(source: string, version: ConnectVersion, kind: 'selection' | 'expression'): void {
    compile(source, version, kind)?.evaluate({ id: 1, list: [1, { a: null }] }, variables, () => undefined);
  }
});

describe('texts of the grammar', () => {
  test('are mappings at v0.4, if their methods fit their literals', () => {
    fc.assert(
      fc.property(grammar.selection, (source) => {
        const { problems } = compileMapping(source, {
          version: '0.4',
          kind: 'selection',
          allow: ALL_VARIABLES,
        });
        const errors = problems.filter(
          ({ severity, message }) => severity === 'error' && !message.startsWith('->'),
        );
        expect(errors).toStrictEqual([]);
      }),
      { numRuns: 1000 },
    );
  });

  test('give JSON for any JSON, the same each time, and leave it as it was', () => {
    fc.assert(
      fc.property(grammar.selection, fc.jsonValue({ maxDepth: 4 }), (source, data) => {
        const mapping = compile(source, '0.4', 'selection');
        if (mapping === undefined) return;
        const before = JSON.stringify(data);
        const output = mapping.evaluate(data as Json, variables);
        expect(JSON.stringify(data)).toBe(before);
        expect(JSON.stringify(mapping.evaluate(data as Json, variables, () => undefined))).toBe(
          JSON.stringify(output),
        );
        // Nothing undefined inside: what is missing is absent, or null in a list.
        if (output !== undefined)
          expect(JSON.stringify(JSON.parse(JSON.stringify(output)))).toBe(JSON.stringify(output));
      }),
      { numRuns: 1000 },
    );
  });

  test('mean the same with other spaces and comments', () => {
    fc.assert(
      fc.property(grammar.selection, fc.jsonValue({ maxDepth: 3 }), (source, data) => {
        const plain = compile(source, '0.4', 'selection');
        // A $ belongs to what follows it, and a number to its digits: only between tokens is there room.
        const spaced = tokenize(source)
          .map(({ offset, end }) => source.slice(offset, end))
          .join(' # x\n\t');
        const other = compile(spaced, '0.4', 'selection');
        const outputs = [other, plain].map((mapping) =>
          JSON.stringify(mapping?.evaluate(data as Json, variables)),
        );
        expect(outputs[0]).toBe(outputs[1]);
      }),
      { numRuns: 500 },
    );
  });
});

test('any method on any value, with any arguments, gives a value or nothing', () => {
  const argument = fc.constantFrom('$.x', '@', '1', '"a"', '[1, $.x]', '[@, $.x]', '$(@)', '$v');
  fc.assert(
    fc.property(
      fc.constantFrom(...METHOD_NAMES),
      fc.array(argument, { maxLength: 3 }),
      fc.jsonValue({ maxDepth: 3 }),
      fc.jsonValue({ maxDepth: 2 }),
      (method, args, input, x) => {
        const mapping = compile(`$.in->${method}(${args.join(', ')})`, '0.3', 'selection');
        const output = mapping?.evaluate({ in: input, x } as Json, {}, () => undefined);
        if (output !== undefined) expect(JSON.stringify(output)).toBeTypeOf('string');
      },
    ),
    { numRuns: 1500 },
  );
});
