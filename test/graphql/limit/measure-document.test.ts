import fc from 'fast-check';
import {
  type DocumentNode,
  type FragmentDefinitionNode,
  getIntrospectionQuery,
  Kind,
  type OperationDefinitionNode,
  parse,
  type SelectionSetNode,
} from 'graphql';
import { describe, expect, it } from 'vitest';
import { type Measures, measureDocument } from '../../../src/graphql/limit/measure-document.ts';

function measure(text: string): Measures {
  const [measures] = measureDocument(parse(text)).values();
  if (measures === undefined) throw new Error('There is no operation');
  return measures;
}

describe('measureDocument', () => {
  it.each([
    ['{ a }', { depth: 1, aliases: 0, rootFields: 1 }],
    ['{ a b }', { depth: 1, aliases: 0, rootFields: 2 }],
    ['{ a { b { c } } d }', { depth: 3, aliases: 0, rootFields: 2 }],
    ['{ x: a { y: b } }', { depth: 2, aliases: 2, rootFields: 1 }],
    ['{ a ... { b ... on Query { c { d } } } }', { depth: 2, aliases: 0, rootFields: 3 }],
    ['{ ...F ...F } fragment F on Query { x: a { y: b } }', { depth: 2, aliases: 4, rootFields: 2 }],
    ['{ a @skip(if: true) { b { c } } }', { depth: 3, aliases: 0, rootFields: 1 }],
    ['mutation { a { ...F } } fragment F on A { ...G } fragment G on A { b }', { depth: 2, rootFields: 1 }],
  ])('measures %s', (text, expected) => {
    expect(measure(text)).toMatchObject(expected);
  });

  it('measures each operation for itself', () => {
    const all = [
      ...measureDocument(parse('query A { a { b } } query B { c } fragment F on A { x { y { z } } }')),
    ];
    expect(all.map(([node, { depth }]) => [node.name?.value, depth])).toEqual([
      ['A', 2],
      ['B', 1],
    ]);
  });

  it('looks at each fragment once, however often it is spread', () => {
    const levels = Array.from(
      { length: 60 },
      (_, i) => `fragment F${i} on Query { x: a ...F${i + 1} ...F${i + 1} }`,
    );
    const { aliases, depth, rootFields } = measure(
      `{ ...F0 } ${levels.join(' ')} fragment F60 on Query { a }`,
    );
    expect({ aliases, depth, rootFields }).toEqual({
      aliases: 2 ** 60 - 1,
      depth: 1,
      rootFields: 2 ** 61 - 1,
    });
  });

  it('comes to an end with fragments that spread themselves, and with ones that are not there', () => {
    expect(
      measure('{ ...A ...None } fragment A on Q { a { ...B } } fragment B on Q { b { ...A } }').depth,
    ).toBeGreaterThan(0);
  });

  it('takes introspection for itself', () => {
    const { depth, introspection } = measure(
      getIntrospectionQuery({ schemaDescription: true, inputValueDeprecation: true, oneOf: true }),
    );
    expect(depth).toBe(1);
    expect(introspection).toEqual({ depth: 14, lists: 2 });
    expect(
      measure('{ a { __typename } __type(name: "A") { fields { type { fields { name } } } } }'),
    ).toMatchObject({
      depth: 2,
      introspection: { depth: 4, lists: 2 },
    });
  });

  it('measures as if every fragment stood where it is spread', () => {
    fc.assert(
      fc.property(document(), (text) => {
        const parsed = parse(text);
        expect([...measureDocument(parsed).values()][0]).toMatchObject(expand(parsed));
      }),
    );
  });
});

/** The same by going into each spread, as a reader would. */
function expand(document: DocumentNode) {
  const fragments = new Map(
    document.definitions
      .filter((node): node is FragmentDefinitionNode => node.kind === Kind.FRAGMENT_DEFINITION)
      .map((node) => [node.name.value, node.selectionSet]),
  );
  const walk = (set: SelectionSetNode): { depth: number; aliases: number; rootFields: number } => {
    const parts = set.selections.map((node) => {
      if (node.kind === Kind.INLINE_FRAGMENT) return walk(node.selectionSet);
      if (node.kind === Kind.FRAGMENT_SPREAD) return walk(fragments.get(node.name.value) as SelectionSetNode);
      const below = node.selectionSet === undefined ? { depth: 0, aliases: 0 } : walk(node.selectionSet);
      return { depth: below.depth + 1, aliases: below.aliases + (node.alias ? 1 : 0), rootFields: 1 };
    });
    const sum = (numbers: number[]) => numbers.reduce((a, b) => a + b, 0);
    return {
      depth: Math.max(0, ...parts.map(({ depth }) => depth)),
      aliases: sum(parts.map(({ aliases }) => aliases)),
      rootFields: sum(parts.map(({ rootFields }) => rootFields)),
    };
  };
  return walk((document.definitions[0] as OperationDefinitionNode).selectionSet);
}

/** A document whose fragments spread only those after them. */
function document() {
  const FRAGMENTS = 5;
  const selections = (from: number) =>
    fc.letrec<{ set: string; one: string }>((tie) => ({
      one: fc.oneof(
        { depthSize: 'small' },
        fc.constantFrom('a', 'x: a', 'b', 'y: b'),
        fc.constantFrom(...Array.from({ length: FRAGMENTS - from }, (_, i) => `...F${from + i}`), 'a'),
        fc
          .tuple(fc.constantFrom('a', 'x: a', '...', '... on A'), tie('set'))
          .map(([head, set]) => `${head} ${set}`),
      ),
      set: fc.array(tie('one'), { minLength: 1, maxLength: 4 }).map((all) => `{ ${all.join(' ')} }`),
    })).set;
  const all = Array.from({ length: FRAGMENTS + 1 }, (_, i) => selections(i));
  return fc
    .tuple(...all)
    .map((sets) => sets.map((set, i) => (i === 0 ? set : `fragment F${i - 1} on A ${set}`)).join('\n'));
}
