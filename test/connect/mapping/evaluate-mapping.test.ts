import { describe, expect, test } from 'vitest';
import type { ConnectVersion, Variables } from '../../../src/connect/mapping/mapping.ts';
import type { Json } from '../../../src/kernel/json.ts';
import { compiled, notes, run } from './run-mapping.ts';

type Row = readonly [source: string, input: Json, output: Json | undefined, variables?: Variables];

function table(version: ConnectVersion, rows: readonly Row[]): void {
  test.each(rows.map((row) => ({ source: row[0], row })))('$source', ({ source, row }) => {
    const [, input, output, variables] = row;
    expect(run(source, input, { version, variables: variables ?? {} })).toStrictEqual(output);
  });
}

const nested: Json = {
  hello: 'world',
  nested: { hello: 'inner', world: true },
  list: [{ hello: 0 }, { hello: 1 }, {}],
};

describe.each(['0.1', '0.2', '0.3', '0.4'] as const)('fields, connect/v%s', (version) => {
  table(version, [
    ['hello', nested, { hello: 'world' }],
    ['hello nested', nested, { hello: 'world', nested: { hello: 'inner', world: true } }],
    ['greeting: hello', nested, { greeting: 'world' }],
    ['nested { world }', nested, { nested: { world: true } }],
    ['inner: nested { world }', nested, { inner: { world: true } }],
    ['deep: nested.hello', nested, { deep: 'inner' }],
    ['deep: $.nested.hello', nested, { deep: 'inner' }],
    ['list { hello }', nested, { list: [{ hello: 0 }, { hello: 1 }, {}] }],
    ['all: list.hello', nested, { all: [0, 1, null] }],
    ['group: { hello all: list.hello }', nested, { group: { hello: 'world', all: [0, 1, null] } }],
    ['id author: { id: author_id }', { id: 1, author_id: 7 }, { id: 1, author: { id: 7 } }],
    ['$.nested { hello } list { hello }', nested, { hello: 'inner', list: [{ hello: 0 }, { hello: 1 }, {}] }],
    ['nested.more { a } hello', { hello: 1, nested: { more: { a: 2, b: 3 } } }, { a: 2, hello: 1 }],
    [
      '"quoted name" other: "quoted name"',
      { 'quoted name': 1 },
      version === '0.4' ? { 'quoted name': 1, other: 'quoted name' } : { 'quoted name': 1, other: 1 },
    ],
    ["a: $.'x y'.'p.q'", { 'x y': { 'p.q': 5 } }, { a: 5 }],
    ['"out put": hello', nested, { 'out put': 'world' }],
    ['missing hello', nested, { hello: 'world' }],
    ['hello', [nested, { hello: 2 }], [{ hello: 'world' }, { hello: 2 }]],
    ['hello', [[{ hello: 1 }], { hello: 2 }], [[{ hello: 1 }], { hello: 2 }]],
    ['', nested, {}],
    ['# only a comment', nested, {}],
    [
      'hello # the greeting\n# and more\ngroup: { # here\n hello }',
      nested,
      { hello: 'world', group: { hello: 'world' } },
    ],
    ['id: $args.id name', { name: 'n' }, { id: '4', name: 'n' }, { $args: { id: '4' } }],
    ['ids: $this { a b }', {}, { ids: { a: 1 } }, { $this: { a: 1, c: 3 } }],
    ['friends: friend_ids { id: $ }', { friend_ids: [1, 2] }, { friends: [{ id: 1 }, { id: 2 }] }],
    ['a { b: $.c d: @.c }', { a: { c: 1 }, c: 2 }, { a: { b: 1, d: 1 } }],
    ['a { b } a { c }', { a: { b: 1, c: 2 } }, { a: { b: 1, c: 2 } }],
    ['x: a x: b', { a: { p: 1 }, b: { q: 2 } }, { x: { p: 1, q: 2 } }],
    ['x: a x: b', { a: [{ p: 1 }, 1], b: [{ q: 2 }] }, { x: [{ p: 1, q: 2 }, 1] }],
    ['x: a x: b', { a: 1, b: 'two' }, { x: 'two' }],
    ['x: a x: b', { a: 1, b: null }, { x: null }],
    ['author { id }', { author: null }, { author: null }],
    ['author { id }', { author: 'no object' }, { author: 'no object' }],
    ['author { id: $ }', { author: 'no object' }, { author: { id: 'no object' } }],
    ['author { id }', {}, {}],
  ]);
});

describe.each(['0.1', '0.2', '0.3', '0.4'] as const)('one value, connect/v%s', (version) => {
  table(version, [
    ['$.hello', nested, 'world'],
    ['$', nested, nested],
    ['$', null, null],
    ['@', 3, 3],
    ['nested.hello', nested, 'inner'],
    ['$.list.hello', nested, [0, 1, null]],
    ['$.list { hello }', nested, [{ hello: 0 }, { hello: 1 }, {}]],
    ['list->first { hello }', nested, { hello: 0 }],
    ['$.absent', nested, undefined],
    ['$.absent.more', nested, undefined],
    ['$.hello.length', nested, undefined],
    ['$.a.b', { a: [[{ b: 1 }], { b: 2 }, 3, null] }, [[1], 2, null, null]],
    ['$args', {}, { a: 1 }, { $args: { a: 1 } }],
    ['$args.a', {}, undefined],
    ['$args { a b }', {}, { a: 1, b: null }, { $args: { a: 1, b: null, c: 1 } }],
    ['$("text")', {}, 'text'],
    ['$(-1.50)', {}, -1.5],
    ['$(.5)', {}, 0.5],
    ['$(7.)', {}, 7],
    ['$(- 3)', {}, -3],
    ['$(007)', {}, 7],
    ['$(true)', {}, true],
    ['$(false)', {}, false],
    ['$(null)', {}, null],
    ["$('it\\'s \\\\ \"so\"')", {}, 'it\'s \\ "so"'],
    ['$("line\\nbreak \\u0041")', {}, 'line\nbreak A'],
    ['$([1, "two", $.missing, $.hello,])', nested, [1, 'two', null, 'world']],
    ['$({ a: 1, "b c": $.hello, gone: $.missing, })', nested, { a: 1, 'b c': 'world' }],
    ['$({ a: { b: [1] } }).a.b->first', {}, 1],
    ['$([{ a: 1 }, { a: 2 }]).a', {}, [1, 2]],
    ['$($.hello)', nested, 'world'],
    ['$("abc"->first)', {}, 'a'],
    ['$(1->add(2)->mul(3))', {}, 9],
    ['$([1, 2]->last)', {}, 2],
    ['$({ a: 1, b: 2 }.b->mul(10))', {}, 20],
    ['$("a")->echo([@, $.hello])', nested, ['a', 'world']],
    ['nested->echo({ n: @.hello, h: $.hello })', nested, { n: 'inner', h: 'world' }],
    ['nested->echo(@ { hello })', nested, { hello: 'inner' }],
    [
      'list->map({ value: @.hello, from: $.hello })',
      { hello: 'x', list: [{ hello: 1 }] },
      [{ value: 1, from: 'x' }],
    ],
  ]);
});

describe('since connect/v0.3', () => {
  table('0.3', [
    ['a?.b', { a: null }, undefined],
    ['a?.b', {}, undefined],
    ['a?.b', { a: { b: 1 } }, 1],
    ['a: $args.x?.y?.z', {}, {}, { $args: { x: null } }],
    ['size?->jsonStringify', { size: null }, undefined],
    ['size->jsonStringify', { size: null }, 'null'],
    ['author? { name }', { author: null }, {}],
    ['author? { name }', { author: { name: 'n' } }, { author: { name: 'n' } }],
    ['author? title?', { author: null, title: 't' }, { title: 't' }],
    ['x: $($.a ?? $.b ?? "c")', { a: null, b: 'b' }, { x: 'b' }],
    ['x: $($.a ?? $.b ?? "c")', {}, { x: 'c' }],
    ['x: $($.a ?? false ?? "c")', {}, { x: false }],
    ['x: $($.a ?? $.b)', { a: 1, b: null }, { x: 1 }],
    ['x: $($.a ?? $.b)', { b: null }, { x: null }],
    ['x: $($.a ?? $.b)', {}, {}],
    ['x: $($.a ?! "d")', { a: null }, { x: null }],
    ['x: $($.a ?! "d")', {}, { x: 'd' }],
    ['x: $(a ?? 0->add(10))', {}, { x: 10 }],
    ['x: $({ a })', { a: 1 }, { x: { a: 1 } }],
    ['x: a->echo([@.name, a.name, a { name }])', { a: { name: 'N' } }, { x: ['N', 'N', { name: 'N' }] }],
    ['a { $ }', { a: 5 }, { a: 5 }],
    ['a { $.b }', { a: [{ b: 1 }, { b: [2] }] }, { a: [1, [2]] }],
    [
      'person->as($name, @.name)->as($id, @.id)->echo([$id, $name])',
      { person: { id: 1, name: 'n' } },
      [1, 'n'],
    ],
    [
      'person->as($p).articles { title by: $p.name }',
      { person: { name: 'n', articles: [{ title: 't' }] } },
      [{ title: 't', by: 'n' }],
    ],
    ['person->as($p)', { person: 3 }, 3],
    [
      'list->map(@->as($x)->echo($x->as($y)->echo([$x, $y])))',
      { list: [1, 2] },
      [
        [1, 1],
        [2, 2],
      ],
    ],
    [
      'users->filter(@->as($u)->echo($u.active)->and($u.age->gt(30))).id',
      {
        users: [
          { id: 1, active: true, age: 31 },
          { id: 2, active: true, age: 3 },
        ],
      },
      [1],
    ],
    [
      'looksLiteral: "Book" flag: true',
      { Book: 'property', true: 'too' },
      { looksLiteral: 'property', flag: 'too' },
    ],
  ]);
});

describe('since connect/v0.4', () => {
  table('0.4', [
    [
      'kind: "Book" five: 5 flag: true none: null fb: $.gone ?? "x"',
      {},
      { kind: 'Book', five: 5, flag: true, none: null, fb: 'x' },
    ],
    ['id, name: title,', { id: 1, title: 't' }, { id: 1, name: 't' }],
    ['a { b, c }', { a: { b: 1, c: 2 } }, { a: { b: 1, c: 2 } }],
    ['{ id name }', [{ id: 1, name: 'n', x: 0 }], [{ id: 1, name: 'n' }]],
    ['{ id: 1 }->get("id")', {}, 1],
    ['[1, $.a, "x"]', { a: 2 }, [1, 2, 'x']],
    ['"hello"', { hello: 1 }, 'hello'],
    ['true', {}, true],
    ['1234->add(1)', {}, 1235],
    ['$.a ?? "b"', {}, 'b'],
    ['author', { author: 1 }, { author: 1 }],
    ['author { a }', { author: { a: 1 } }, { author: { a: 1 } }],
    ['{"a": 1, "b": [true, null, {"c": "d"}]}', {}, { a: 1, b: [true, null, { c: 'd' }] }],
    ['soldTo: "sold-to" { n }', { 'sold-to': { n: 1 } }, { soldTo: { n: 1 } }],
    ['soldTo: "sold-to".party { n }', { 'sold-to': { party: { n: 1 } } }, { soldTo: { n: 1 } }],
    ['a: true { b }', { true: { b: 1 } }, { a: { b: 1 } }],
    ['id ...$.more', { id: 1, more: { a: 2, b: 3 } }, { id: 1, a: 2, b: 3 }],
    ['id ...{ a: 1 }', { id: 1 }, { id: 1, a: 1 }],
    ['... $args id', { id: 1 }, { x: 1, id: 1 }, { $args: { x: 1 } }],
    ['id ...$.more', { id: 1, more: null }, null],
    ['id ...$.more', { id: 1, more: [1] }, { id: 1 }],
    ['id ...$.more', { id: 1 }, { id: 1 }],
    ['a { ...b c }', { a: [{ b: { x: 1 }, c: 2 }, { c: 3 }] }, { a: [{ x: 1, c: 2 }, { c: 3 }] }],
    ['x: $({ ...$args, extra: 42 })', {}, { x: { a: 1, extra: 42 } }, { $args: { a: 1 } }],
    ['x: a->echo({ b, c: @, d: { e: @ } })', { a: 1, b: 2 }, { x: { b: 2, c: 1, d: { e: 1 } } }],
    ['names: { first: f }.first', { f: 'F' }, { names: 'F' }],
    ['names: { first: f } ?? 1', { f: 'F' }, { names: { first: 'F' } }],
    [
      'id ...kind->match(["book", { __typename: "Book", pages }], ["movie", { __typename: "Movie", m: minutes }], [@, null])',
      [
        { id: 1, kind: 'book', pages: 9 },
        { id: 2, kind: 'movie', minutes: 8 },
        { id: 3, kind: 'x' },
      ],
      [{ id: 1, __typename: 'Book', pages: 9 }, { id: 2, __typename: 'Movie', m: 8 }, null],
    ],
    [
      '... $(radius ?? "none")->match(["none", { __typename: "Rect", width }], [@, { __typename: "Circle", radius }])',
      [{ width: 2 }, { radius: 3 }],
      [
        { __typename: 'Rect', width: 2 },
        { __typename: 'Circle', radius: 3 },
      ],
    ],
  ]);
});

describe('an expression', () => {
  test.each([
    ['$args.id', 4],
    ['$args.id->add(1)', 5],
    ['message', 'm'],
    ['error.code', 'c'],
    ['"text"', 'text'],
    ['$args.none ?? "d"', 'd'],
    ['$status->eq(200)', true],
    ['[$args.id]', [4]],
  ])('%s', (source, output) => {
    const variables = { $args: { id: 4 }, $status: 200 };
    const input = { message: 'm', error: { code: 'c' } };
    expect(run(source, input, { kind: 'expression', variables })).toStrictEqual(output);
  });
});

describe('names that JavaScript objects inherit are plain data', () => {
  const input = JSON.parse('{"__proto__": {"x": 1}, "toString": 2, "constructor": 3}') as Json;

  test('they are read if they are there', () => {
    const output = run('__proto__ { x } toString constructor own: $.__proto__.x', input);
    expect(JSON.stringify(output)).toBe('{"__proto__":{"x":1},"toString":2,"constructor":3,"own":1}');
  });

  test('they are missing otherwise', () => {
    const source = '__proto__ constructor toString v: $.valueOf w: $.a.hasOwnProperty';
    expect(run(source, { a: {} })).toStrictEqual({});
    expect(run('$args.constructor', {}, { variables: { $args: {} } })).toBeUndefined();
    expect(run('$->get("constructor")', {})).toBeUndefined();
  });

  test('an output of that name changes no prototype', () => {
    const output = run('"__proto__": evil a', { evil: { polluted: true }, a: 1 });
    expect(Object.getPrototypeOf(output)).toBe(Object.prototype);
    expect(JSON.stringify(output)).toBe('{"__proto__":{"polluted":true},"a":1}');
    expect(({} as Record<string, unknown>).polluted).toBeUndefined();
  });
});

describe('data beyond reason', () => {
  function deepList(depth: number): Json {
    let value: Json = 1;
    for (let level = 0; level < depth; level += 1) value = [value];
    return value;
  }

  test('lists nested a hundred thousand deep are treated as missing at some point', () => {
    const input = { list: deepList(100_000) };
    for (const source of [
      'list { a }',
      '$.list.a',
      'a: list a: list',
      '$->keysToCamelCaseDeep',
      '$.list->eq($.list->map(@))',
    ]) {
      expect(() => run(source, input)).not.toThrow();
    }
    expect(run('$->jsonStringify', input)).toBeUndefined();
  });

  test('ordinary nesting is followed to the end', () => {
    expect(run('$.list.a', { list: deepList(50) })).toStrictEqual(deepListOf(50, null));
  });

  function deepListOf(depth: number, inner: Json): Json {
    return depth === 0 ? inner : [deepListOf(depth - 1, inner)];
  }
});

describe('the observer', () => {
  test('is told what is missing or mistyped, and where', () => {
    expect(notes('a b: c->add(1) d: $args.x', { c: 'text' }, { variables: {} })).toStrictEqual([
      'There is no "a" in an object. [a b: c',
      '->add needs a number, and got a string. [add(1)',
      '$args has no value here. [$args.',
    ]);
  });

  test('is not told of what may be missing', () => {
    expect(notes('a? b: c?.d e: $($.f ?? $.g ?? 1)', {})).toStrictEqual([]);
    expect(notes('e: $($.f ?? $.g)', {})).toStrictEqual(['There is no "g" in an object. [g)']);
  });

  test('is told why fields did not join', () => {
    expect(notes('id $.more { a }', { id: 1, more: [{ a: 1 }] })).toStrictEqual([
      'Only an object can join the fields around it, and here is an array. [$.more',
    ]);
  });
});

test('one compiled mapping serves many runs', () => {
  const mapping = compiled('id: $args.id name->as($n) { x: $n } total: items->size', { version: '0.3' });
  expect(mapping.evaluate({ items: [1] }, { $args: { id: 1 } })).toStrictEqual({ id: 1, total: 1 });
  expect(mapping.evaluate({ items: [] }, { $args: { id: 2 } })).toStrictEqual({ id: 2, total: 0 });
  expect(mapping.evaluate(undefined, {})).toStrictEqual({});
});
