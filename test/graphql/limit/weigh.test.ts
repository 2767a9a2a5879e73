import { describe, expect, it } from 'vitest';
import { weighOn } from './cost-fixture.ts';

describe('the cost specification', () => {
  it('counts types by the sizes of their lists, and fields for each object', () => {
    const weigh = weighOn(`
      type User { name: String age: Int @cost(weight: "2.0") }
      type Query { users(max: Int): [User] @listSize(slicingArguments: ["max"]) }
    `);
    expect(weigh('{ users(max: 5) { age } }')).toEqual({ type: 6, field: 11 });
    expect(weigh('{ users(max: 5) { name } }')).toEqual({ type: 6, field: 1 });
    expect(weigh('query ($n: Int) { users(max: $n) { age } }', { n: 100 })).toEqual({
      type: 101,
      field: 201,
    });
  });

  it('gives sizes to the lists of a connection', () => {
    const weigh = weighOn(`
      type Query {
        account(id: ID!): Account
      }
      type Account {
        name: String
        transactions(first: Int, last: Int): Connection
          @listSize(slicingArguments: ["first", "last"], sizedFields: ["edges", "page.nodes"])
      }
      type Connection { info: Info edges: [Edge] page: Page all: [Transaction] }
      type Page { nodes: [Transaction] others: [Transaction] }
      type Info { more: Boolean }
      type Edge { cursor: String node: Transaction }
      type Transaction { date: String amount: Float }
    `);
    // Query, Account, Connection, Info, 5 Edge, 5 Transaction.
    expect(
      weigh(
        '{ account(id: 1) { name transactions(last: 5) { info { more } edges { cursor node { date amount } } } } }',
      ),
    ).toEqual({ type: 14, field: 9 });
    expect(weigh('{ account(id: 1) { transactions(first: 7) { page { nodes { date } } } } }').type).toBe(11);
    // A list that is not among the sized ones has the size that is assumed.
    expect(
      weigh('{ account(id: 1) { transactions(first: 7) { page { others { date } } all { date } } } }').type,
    ).toBe(24);
  });

  it('weighs types, arguments, input fields, enums and scalars', () => {
    const weigh = weighOn(`
      scalar Slow @cost(weight: "3")
      enum Rank @cost(weight: 0.5) { HIGH LOW }
      type Big @cost(weight: "7") { slow: Slow rank: Rank ranks: [Rank!] }
      input Filter { text: String @cost(weight: "4") deep: Filter }
      type Query {
        big: Big
        cheap: Big @cost(weight: "1")
        search(filter: Filter, filters: [Filter!], fast: Boolean @cost(weight: "-3"), near: Int @cost(weight: "2")): String
          @cost(weight: "5")
      }
      type Mutation { add(filter: Filter!): Boolean }
    `);
    expect(weigh('{ big { slow } }')).toEqual({ type: 1 + 7 + 3, field: 7 + 3 });
    expect(weigh('{ cheap { rank } }')).toEqual({ type: 1 + 7 + 0.5, field: 1 + 0.5 });
    expect(weigh('{ cheap { ranks } }')).toEqual({ type: 1 + 7 + 5, field: 1 + 0.5 });
    expect(weigh('{ search }').field).toBe(5);
    expect(weigh('{ search(near: 1) }').field).toBe(7);
    expect(weigh('{ search(fast: true) }').field).toBe(2);
    // Nobody gets it cheaper by a variable without a value.
    expect(weigh('query ($b: Boolean) { search(fast: $b) }').field).toBe(5);
    expect(weigh('query ($b: Boolean) { search(fast: $b) }', { b: false }).field).toBe(2);
    expect(weigh('{ search(filter: { text: "a" }) }').field).toBe(5 + 1 + 4);
    expect(weigh('{ search(filter: { text: "a", deep: { text: "b" } }) }').field).toBe(5 + 2 * (1 + 4));
    expect(weigh('{ search(filters: [{ text: "a" }, {}]) }').field).toBe(5 + (1 + 4) + 1);
    expect(weigh('query ($f: Filter) { search(filter: $f) }', { f: { text: 'a' } }).field).toBe(10);
    expect(weigh('query ($f: Filter) { search(filter: $f) }').field).toBe(5);
    expect(weigh('mutation { add(filter: {}) }')).toEqual({ type: 1, field: 1 });
  });

  it('knows the directives by whatever link and definition they come', () => {
    const weigh = weighOn(`
      extend schema @link(url: "https://specs.apollo.dev/cost/v0.1", import: ["@listSize", { name: "@cost", as: "@price" }])
      directive @price(weight: Int!) on FIELD_DEFINITION | OBJECT
      directive @listSize(assumedSize: Int, slicingArguments: [String!], sizedFields: [String!], requireOneSlicingArgument: Boolean = true) on FIELD_DEFINITION
      type Query { a: [A] @price(weight: 5) @listSize(assumedSize: 3) b: Int @federation__cost(weight: 2) c: Int @cost__cost(weight: 4) }
      type A @price(weight: 2) { id: ID }
    `);
    expect(weigh('{ a { id } }')).toEqual({ type: 1 + 3 * 2, field: 5 });
    expect(weigh('{ b c }').field).toBe(6);
  });

  it('never lets a field cost less than nothing', () => {
    const weigh = weighOn(
      'type Query { a(b: Int @cost(weight: "-9")): Int @cost(weight: "2") c: Int @cost(weight: 1) }',
    );
    expect(weigh('{ a(b: 1) c }').field).toBe(1);
  });

  it('takes what an interface says for its types, and the dearest type that is possible', () => {
    const weigh = weighOn(`
      interface Node { id: ID! @cost(weight: "2") friends(first: Int): [Node!] @listSize(slicingArguments: ["first"]) }
      type A implements Node { id: ID! friends(first: Int): [Node!] more: B }
      type B implements Node @cost(weight: "5") { id: ID! @cost(weight: "3") friends(first: Int): [Node!] }
      union Any = A | B
      type Query { node: Node any: Any }
    `);
    expect(weigh('{ node { id } }')).toEqual({ type: 6, field: 4 });
    expect(weigh('{ node { friends(first: 3) { id } } }')).toEqual({
      type: 1 + 5 + 3 * 5,
      field: 1 + 1 + 3 * 3,
    });
    expect(weigh('{ any { ... on A { more { id } } } }')).toEqual({ type: 1 + 1 + 5, field: 1 + 5 + 3 });
    expect(weigh('{ any { ... on A { id } ... on B { id } } }').field).toBe(4);
  });
});

describe('sizes of lists', () => {
  const weigh = weighOn(`
    input Page { size: Int = 3 }
    input Options { page: Page }
    type Item { id: ID! }
    type Query {
      plain: [Item]
      nested: [[Item]]
      told: [Item] @listSize(assumedSize: 4)
      one(first: Int, last: Int): [Item] @listSize(slicingArguments: ["first", "last"])
      preset(first: Int = 6, last: Int): [Item] @listSize(slicingArguments: ["first", "last"])
      either(first: Int, last: Int): [Item]
        @listSize(assumedSize: 8, slicingArguments: ["first", "last"], requireOneSlicingArgument: false)
      lenient(first: Int): [Item] @listSize(assumedSize: 8, slicingArguments: "first")
      strict(first: Int): [Item] @listSize(assumedSize: 8, slicingArguments: ["first"], requireOneSlicingArgument: true)
      deep(options: Options): [Item] @listSize(assumedSize: 2, slicingArguments: ["options.page.size"])
      byId(ids: [ID!]): [Item] @listSize(slicingArguments: ["ids"])
    }
  `);
  const items = (text: string, variables?: Record<string, unknown>) => weigh(text, variables).type - 1;

  it.each([
    ['{ plain { id } }', 10],
    ['{ nested { id } }', 100],
    ['{ told { id } }', 4],
    ['{ one(last: 2) { id } }', 2],
    ['{ one(first: 0) { id } }', 0],
    ['{ one(first: -5) { id } }', 0],
    ['{ preset { id } }', 6],
    ['{ preset(last: 2) { id } }', 2],
    ['{ preset(first: 3) { id } }', 3],
    ['{ either { id } }', 8],
    ['{ either(first: 2, last: 5) { id } }', 5],
    ['{ lenient { id } }', 8],
    ['{ lenient(first: 3) { id } }', 3],
    ['{ deep { id } }', 2],
    ['{ deep(options: { page: {} }) { id } }', 3],
    ['{ deep(options: { page: { size: 9 } }) { id } }', 9],
    ['{ byId(ids: [1, 2, 3]) { id } }', 3],
  ])('%s brings %i items', (text, expected) => {
    expect(items(text)).toBe(expected);
  });

  it('reads variables, and what they are without a value', () => {
    const text = 'query ($n: Int = 7, $m: Int) { one(first: $n, last: $m) { id } }';
    expect(items(text, { n: 7 })).toBe(7);
    expect(items('query ($m: Int) { lenient(first: $m) { id } }')).toBe(8);
    expect(items('query ($m: Int) { lenient(first: $m) { id } }', { m: null })).toBe(8);
    expect(items('query ($o: Options) { deep(options: $o) { id } }', { o: { page: { size: 4 } } })).toBe(4);
  });

  it.each([
    [
      '{ one { id } }',
      'The field "one" needs exactly one of the arguments "first", "last", which says how many items are wanted',
    ],
    ['{ one(first: null) { id } }', 'The field "one" needs exactly one'],
    [
      '{ one(first: 1, last: 2) { id } }',
      'The field "one" needs exactly one of the arguments "first", "last", but 2 are given',
    ],
    [
      '{ strict { id } }',
      'The field "strict" needs the argument "first", which says how many items are wanted',
    ],
    ['query ($n: Int) { one(first: $n) { id } }', 'The field "one" needs exactly one'],
  ])('refuses %s', (text, message) => {
    expect(() => items(text)).toThrow(message);
    expect(() => items(text)).toThrow(expect.objectContaining({ code: 'BAD_USER_INPUT' }));
  });
});

describe('what is selected several times', () => {
  const weigh = weighOn(`
    type Query { users(first: Int): [User] @listSize(slicingArguments: ["first"]) me: User }
    type User { name: String friends(first: Int): [User] @listSize(slicingArguments: ["first"]) best: User }
  `);

  it('counts once, as it is answered once', () => {
    const once = weigh('{ me { name best { name best { name } } } }');
    expect(
      weigh('{ me { name } me { ...F ...F } } fragment F on User { best { name } best { best { name } } }'),
    ).toEqual(once);
    expect(once).toEqual({ type: 4, field: 3 });
    expect(weigh('{ a: me { name } b: me { name } }')).toEqual({ type: 3, field: 2 });
  });

  it('leaves out what is skipped', () => {
    const text =
      'query ($deep: Boolean!) { me { best @include(if: $deep) { name } friends(first: 3) @skip(if: true) { name } } }';
    expect(weigh(text, { deep: false })).toEqual({ type: 2, field: 1 });
    expect(weigh(text, { deep: true })).toEqual({ type: 3, field: 2 });
  });

  it('costs nothing for introspection', () => {
    expect(weigh('{ __schema { types { name } } __typename }')).toEqual({ type: 1, field: 0 });
  });

  it('is found at once, however often fragments double it', () => {
    const levels = Array.from(
      { length: 40 },
      (_, i) => `fragment F${i} on User { a: best { ...F${i + 1} } b: best { ...F${i + 1} } }`,
    );
    const { type, field } = weigh(`{ me { ...F0 } } ${levels.join(' ')} fragment F40 on User { name }`);
    expect(type).toBe(2 ** 41);
    expect(field).toBe(2 ** 41 - 1);
  });

  it('gives up on what can only be told apart', () => {
    // What is selected 15 levels down depends on each of the 15 choices between a and b on the way.
    const fragments = Array.from({ length: 15 }, (_, depth) =>
      Array.from({ length: depth + 1 }, (_, i) => {
        const next = (to: number) => (depth === 14 ? 'name' : `...F${to}_${depth + 1}`);
        const [a, b] = i === 0 ? [`${next(0)} ${next(1)}`, next(0)] : [next(i + 1), next(i + 1)];
        return `fragment F${i}_${depth} on User { a: best { ${a} } b: best { ${b} } }`;
      }).join(' '),
    );
    expect(() => weigh(`{ me { ...F0_0 } } ${fragments.join(' ')}`)).toThrow(
      'The operation asks for more than 10000 different things',
    );
  });
});
