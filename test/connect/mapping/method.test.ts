import { describe, expect, test } from 'vitest';
import { METHOD_NAMES } from '../../../src/connect/mapping/method-table.ts';
import type { Json } from '../../../src/kernel/json.ts';
import { notes, problemsOf, run } from './run-mapping.ts';

type Row = readonly [source: string, input: Json, output: Json | undefined];

/** What each method gives: on what it is made for, on the wrong type, and with something missing. */
const METHODS: Readonly<Record<string, readonly Row[]>> = {
  echo: [
    ['$->echo("x")', 1, 'x'],
    ['$->echo([@, @])', 1, [1, 1]],
    ['$->echo($.gone)', {}, undefined],
  ],
  map: [
    ['$->map(@->add(10))', [1, 2], [11, 12]],
    ['$->map(@.a)', [{ a: 1 }, {}], [1, null]],
    ['$->map(@->add(1))', 5, [6]],
    ['$->map(@.a)', {}, undefined],
    ['$->map(@)', [], []],
    ['$([$.a])->map(@->mul(2))', { a: 4 }, [8]],
  ],
  match: [
    ["kind->match(['dog', 'Canine'], ['cat', 'Feline'], [@, 'Exotic'])", { kind: 'cat' }, 'Feline'],
    ["kind->match(['dog', 'Canine'], ['cat', 'Feline'], [@, 'Exotic'])", { kind: 'axolotl' }, 'Exotic'],
    ["kind->match(['dog', 'Canine'], ['Exotic'])", { kind: 'axolotl' }, 'Exotic'],
    ["kind->match(['dog', 'Canine'])", { kind: 'axolotl' }, undefined],
    ["kind->match([1, 'one'], [true, 'yes'], [null, 'none'])", { kind: null }, 'none'],
    ["kind->match([1, 'one'], ['1', 'text'])", { kind: '1' }, 'text'],
    ['kind->match([[1, 2], "pair"])', { kind: [1, 2] }, 'pair'],
    ["kind->match(['a', $.other])", { kind: 'a', other: 5 }, 5],
    ["kind->match(['a', 1])", {}, undefined],
  ],
  matchIf: [
    ["n->matchIf([@->gt(10), 'big'], [@->gt(1), 'some'], [true, 'few'])", { n: 5 }, 'some'],
    ["n->matchIf([@->gt(10), 'big'], [true, 'few'])", { n: 0 }, 'few'],
    ["n->matchIf([@->gt(10), 'big'])", { n: 0 }, undefined],
    ["n->matchIf(['true', 'text is not true'])", { n: 0 }, undefined],
  ],
  as: [
    ['$.a->as($x)->echo($x)', { a: 1 }, 1],
    ['$.a->as($x, @.b)->echo([@, $x])', { a: { b: 2 } }, [{ b: 2 }, 2]],
    ['$.a->as($x, @.c)->echo([$x])', { a: {} }, [null]],
    ['$.a->as($x)', {}, undefined],
  ],
  first: [
    ['$->first', [1, 2], 1],
    ['$->first', 'hello', 'h'],
    ['$->first', '👍🏽', '👍'],
    ['$->first', [], undefined],
    ['$->first', '', undefined],
    ['$->first', 5, 5],
  ],
  last: [
    ['$->last', [1, 2], 2],
    ['$->last', 'hello', 'o'],
    ['$->last', [], undefined],
    ['$->last', { a: 1 }, { a: 1 }],
  ],
  slice: [
    ['$->slice(1, 3)', [1, 2, 3, 4], [2, 3]],
    ['$->slice(1, 3)', 'hello', 'el'],
    ['$->slice(0, 2)', 'a😀b', 'a😀'],
    ['$->slice(1)', 'hello', 'ello'],
    ['$->slice', [1], [1]],
    ['$->slice(3, 1)', [1, 2, 3, 4], []],
    ['$->slice(-2, 99)', [1, 2], [1, 2]],
    ['$->slice(2, 3)', 'h', ''],
    ['$->slice($.a, $.b)', [1, 2], [1, 2]],
    ['$->slice(0, 1)', 12, undefined],
  ],
  size: [
    ['$->size', [1, 2, 3], 3],
    ['$->size', 'hello', 5],
    ['$->size', { a: 1, b: 2 }, 2],
    ['$->size', [], 0],
    ['$->size', '', 0],
    ['$->size', null, undefined],
    ['$->size', 5, undefined],
  ],
  entries: [
    [
      '$->entries',
      { a: 1, b: 'two' },
      [
        { key: 'a', value: 1 },
        { key: 'b', value: 'two' },
      ],
    ],
    ['$->entries.key', { one: 1, two: 2 }, ['one', 'two']],
    ['$->entries.value', { one: 1, two: 2 }, [1, 2]],
    ['$->entries', {}, []],
    ['$->entries', [1], undefined],
  ],
  keys: [
    ['$->keys', { a: 1, b: 2 }, ['a', 'b']],
    ['$->keys', [1], undefined],
  ],
  values: [
    ['$->values', { a: 1, b: [2] }, [1, [2]]],
    ['$->values', null, undefined],
  ],
  has: [
    ['$->has("a")', { a: null }, true],
    ['$->has("toString")', { a: null }, false],
    ['$->has(1)', [1, 2], true],
    ['$->has(-2)', [1, 2], true],
    ['$->has(2)', [1, 2], false],
    ['$->has(2)', 'abc', true],
    ['$->has(true)', { true: 1 }, false],
    ['$->has("a")', 5, false],
  ],
  get: [
    ['$->get(0)', [1, 2], 1],
    ['$->get(-1)', [1, null], null],
    ['$->get(2)', [1, 2], undefined],
    ['$->get(-3)', [1, 2], undefined],
    ['$->get(0)', 'hello', 'h'],
    ['$->get(-1)', 'hello', 'o'],
    ['$->get("a")', { a: null }, null],
    ['$->get("b")', { a: 1 }, undefined],
    ['$->get($.name)', { name: 'name' }, 'name'],
    ['$->get($.gone)', { name: 1 }, undefined],
    ['$->get(0)', { 0: 1 }, undefined],
    ['$->get("a")', [1], undefined],
    ['$->get($.x)', 1, undefined],
    ['$->get(0)', true, undefined],
  ],
  filter: [
    ['$->filter(@->gt(2))', [1, 3, 5], [3, 5]],
    ['$->filter(@.active)', [{ active: true, n: 1 }, { active: false }, {}], [{ active: true, n: 1 }]],
    ['$->filter(@->eq(1))', 1, [1]],
    ['$->filter(@->eq(2))', 1, []],
    ['$->filter(@.a)', {}, undefined],
    ['$->filter(@)', [1, 2], undefined],
  ],
  find: [
    ['$->find(@->gt(2))', [1, 3, 5], 3],
    ['$->find(@->gt(9))', [1, 3, 5], undefined],
    ['$->find(@->eq(1))', 1, 1],
    ['$->find(@->eq(2))', 1, undefined],
    ['$->find(@.a)', [{}, { a: true }], undefined],
    ['$->find(@)', ['x'], undefined],
  ],
  joinNotNull: [
    ['$->joinNotNull(", ")', ['a', 'b'], 'a, b'],
    ['$->joinNotNull("|")', [1, 2.5, true], '1|2.5|true'],
    ['$->joinNotNull(",")', [null, 'a', null, 1], 'a,1'],
    ['$->joinNotNull(",")', [null], ''],
    ['$->joinNotNull(",")', 'a', 'a'],
    ['$->joinNotNull(",")', null, ''],
    ['$->joinNotNull(@->first)', ['1', '2', '3'], '11213'],
    ['$->joinNotNull(",")', [[1]], undefined],
    ['$->joinNotNull(",")', { a: 1 }, undefined],
    ['$->joinNotNull($.gone)', ['a'], undefined],
  ],
  jsonStringify: [
    ['$->jsonStringify', { key: [1, 'two', null] }, '{"key":[1,"two",null]}'],
    ['$->jsonStringify', null, 'null'],
    ['$->jsonStringify', 'a', '"a"'],
  ],
  jsonParse: [
    ['$->jsonParse', '{"a": [1, null]}', { a: [1, null] }],
    ['$->jsonParse', ' 42 ', 42],
    ['$->jsonParse { a }', '{"a": 1, "b": 2}', { a: 1 }],
    ['$->jsonParse', '{a: 1}', undefined],
    ['$->jsonParse', '', undefined],
    ['$->jsonParse', 42, undefined],
  ],
  eq: [
    ['$->eq(1)', 1, true],
    ['$->eq(1)', 2, false],
    ['$->eq("1")', 1, false],
    ['$->eq({ a: 1, b: [2] })', { b: [2], a: 1 }, true],
    ['$->eq({ a: 1 })', { a: 1, b: 1 }, false],
    ['$->eq({ a: $.b })', { b: 1 }, false],
    ['$->eq([1, 2])', [1, 2], true],
    ['$->eq([1, 2])', [2, 1], false],
    ['$->eq(null)', null, true],
    ['$->eq($.gone)', {}, undefined],
  ],
  ne: [
    ['$->ne(1)', 2, true],
    ['$->ne([1])', [1], false],
    ['$->ne($.gone)', {}, undefined],
  ],
  gt: [
    ['$->gt(3)', 4, true],
    ['$->gt(3)', 3, false],
    ['$->gt("b")', 'c', true],
    ['$->gt("b")', 'a', false],
    ['$->gt(3)', '4', undefined],
    ['$->gt(null)', null, undefined],
    ['$->gt($.gone)', 4, undefined],
  ],
  gte: [
    ['$->gte(3)', 3, true],
    ['$->gte(3)', 2, false],
    ['$->gte("b")', 'b', true],
    ['$->gte(3)', true, undefined],
  ],
  lt: [
    ['$->lt(3)', 2, true],
    ['$->lt(3)', 3, false],
    ['$->lt("b")', 'a', true],
    ['$->lt(3)', [1], undefined],
  ],
  lte: [
    ['$->lte(3)', 3, true],
    ['$->lte(3)', 4, false],
    ['$->lte("b")', 'c', false],
    ['$->lte(3)', {}, undefined],
  ],
  in: [
    ['$->in([1, 2])', 2, true],
    ['$->in([1, 2])', 3, false],
    ['$->in([[1], { a: 1 }])', { a: 1 }, true],
    ['$->in([])', 3, false],
    ['$.a->in($.list)', { a: 1, list: 'text' }, undefined],
    ['$.a->in($.list)', { a: 1 }, undefined],
  ],
  contains: [
    ['$->contains(2)', [1, 2], true],
    ['$->contains({ a: 1 })', [{ a: 1 }], true],
    ['$->contains(3)', [1, 2], false],
    ['$.a->contains($.gone)', { a: [1] }, undefined],
    ['$->contains("a")', 'abc', undefined],
  ],
  and: [
    ['$.a->and($.b)', { a: true, b: true }, true],
    ['$.a->and($.b)', { a: true, b: false }, false],
    ['$.a->and($.b, $.c)', { a: true, b: true, c: false }, false],
    ['$.a->and($.gone)', { a: false }, false],
    ['$.a->and($.gone)', { a: true }, undefined],
    ['$.a->and($.b)', { a: 'true', b: true }, undefined],
    ['$.a->and($.b)', { a: true, b: null }, true],
  ],
  or: [
    ['$.a->or($.b)', { a: false, b: true }, true],
    ['$.a->or($.b)', { a: false, b: false }, false],
    ['$.a->or($.gone)', { a: true }, true],
    ['$.a->or($.gone)', { a: false }, undefined],
    ['$.a->or($.b)', { a: 0, b: true }, undefined],
  ],
  not: [
    ['$->not', true, false],
    ['$->not->not', true, true],
    ['$->not', 'x', undefined],
  ],
  add: [
    ['$->add(1, 2, 3)', 4, 10],
    ['$->add(1.5)', 2, 3.5],
    ['$->add(-5)', 1, -4],
    ['$->add(1)', '1', undefined],
    ['$->add($.gone)', 1, undefined],
    ['$.a->add($.b)', { a: 1, b: '2' }, undefined],
  ],
  sub: [
    ['$->sub(1, 2)', 10, 7],
    ['$->sub(1)', null, undefined],
  ],
  mul: [
    ['$->mul(2, 3)', 4, 24],
    ['$->mul(2)', [1], undefined],
  ],
  div: [
    ['$->div(2)', 7, 3.5],
    ['$->div(0)', 7, undefined],
    ['$->div(2)', 'x', undefined],
  ],
  mod: [
    ['$->mod(3)', 7, 1],
    ['$->mod(0)', 7, undefined],
    ['$->mod(3)', true, undefined],
  ],
  parseInt: [
    ['$->parseInt', '42', 42],
    ['$->parseInt', '-42', -42],
    ['$->parseInt', '+7', 7],
    ['$->parseInt(16)', 'fF', 255],
    ['$->parseInt(2)', '1010', 10],
    ['$->parseInt(2)', '102', undefined],
    ['$->parseInt', 123.9, 123],
    ['$->parseInt', '12px', undefined],
    ['$->parseInt', '', undefined],
    ['$->parseInt', ' 1', undefined],
    ['$->parseInt', '9007199254740993', undefined],
    ['$->parseInt', 1e300, undefined],
    ['$->parseInt($.base)', '42', undefined],
    ['$->parseInt(37)', '42', undefined],
    ['$->parseInt', null, undefined],
  ],
  toString: [
    ['$->toString', 42, '42'],
    ['$->toString', 1.5, '1.5'],
    ['$->toString', 'a', 'a'],
    ['$->toString', false, 'false'],
    ['$->toString', null, ''],
    ['$->toString', [1], undefined],
    ['$->toString', {}, undefined],
  ] satisfies readonly Row[],
  typeof: [
    [
      '$->map(@->typeof)',
      [1, 'a', true, null, [], {}],
      ['number', 'string', 'boolean', 'null', 'array', 'object'],
    ],
    ['$.gone->typeof', {}, undefined],
  ],
  split: [
    ['$->split(",")', 'a,b,c', ['a', 'b', 'c']],
    ['$->split("::")', 'one::two', ['one', 'two']],
    ['$->split(",")', ',a,', ['', 'a', '']],
    ['$->split(",")', '', ['']],
    ['$->split("")', 'a😀b', ['a', '😀', 'b']],
    ['$->split("")', '', []],
    ['$->split(",", 2)', 'a,b,c', ['a', 'b']],
    ['$->split(",", 0)', 'a,b,c', []],
    ['$->split(",")', 42, undefined],
    ['$.a->split($.gone)', { a: 'x' }, undefined],
    ['$.a->split(",", $.n)', { a: 'x,y', n: -1 }, undefined],
  ],
  trim: [
    ['$->trim', ' \t\na b\u00a0', 'a b'],
    ['$->trim', 42, undefined],
  ],
  trimStart: [
    ['$->trimStart', ' a ', 'a '],
    ['$->trimStart', null, undefined],
  ],
  trimEnd: [
    ['$->trimEnd', ' a ', ' a'],
    ['$->trimEnd', ['a '], undefined],
  ],
  keysToCamelCase: [
    [
      '$->keysToCamelCase',
      { snake_case: 1, PascalCase: 2, SCREAMING_CASE: 3, camelCase: 4, 'kebab-case': 5 },
      { snakeCase: 1, pascalCase: 2, screamingCase: 3, camelCase: 4, kebabCase: 5 },
    ],
    [
      '$->keysToCamelCase',
      { XMLHttpRequest: 1, user_id2: 2, abc123Def: 3, __typename: 4 },
      { xmlHttpRequest: 1, userId2: 2, abc123Def: 3, typename: 4 },
    ],
    ['$->keysToCamelCase', { outer_key: { inner_key: 1 } }, { outerKey: { inner_key: 1 } }],
    ['$->keysToCamelCase { loginName }', { login_name: 'n', other_key: 1 }, { loginName: 'n' }],
    ['$->keysToCamelCase', [{ a_b: 1 }], undefined],
    ['$->keysToCamelCase', true, undefined],
  ],
  keysToCamelCaseDeep: [
    [
      '$->keysToCamelCaseDeep',
      { outer_key: [{ inner_key: { deep_key: 1 } }] },
      { outerKey: [{ innerKey: { deepKey: 1 } }] },
    ],
    ['$->keysToCamelCaseDeep', 'x_y', undefined],
  ],
};

describe.each(Object.entries(METHODS))('->%s', (_name, rows) => {
  test.each(rows)('%s on %j gives %j', (source, input, output) => {
    expect(run(source, input)).toStrictEqual(output);
  });

  test('works at every version of the specification', () => {
    const simple = rows.find(([source]) => !/\?|[{]/.test(source));
    if (simple === undefined) throw new Error('no row is simple enough for connect/v0.1');
    for (const version of ['0.1', '0.2', '0.3', '0.4'] as const) {
      expect(run(simple[0], simple[1], { version })).toStrictEqual(simple[2]);
    }
  });
});

test('every method has its table', () => {
  expect(Object.keys(METHODS).sort()).toStrictEqual([...METHOD_NAMES].sort());
});

test('a wrong value is explained', () => {
  expect(notes('$->gt(3)', 'a')).toStrictEqual([
    '->gt compares two numbers or two strings, and got a string and a number. [gt(3)',
  ]);
  expect(notes("$->match(['a', 1])", 'b')).toStrictEqual(['->match matched none of its pairs. [match(']);
  expect(notes('$->parseInt', '12px')).toStrictEqual([
    '->parseInt found no whole number to base 10 in "12px". [parseI',
  ]);
  expect(notes('$->first', 1)).toStrictEqual([
    '->first expects a list or a string, and got a number. [first',
  ]);
  expect(notes('$->get("b")', {})).toStrictEqual(['->get found no property "b". [get("b']);
});

describe('calls that can not be right are problems', () => {
  test.each([
    ['a->frst', '3: Unknown method ->frst. Did you mean "first"?'],
    ['a->joinNotNul(",")', '3: Unknown method ->joinNotNul. Did you mean "joinNotNull"?'],
    ['a->TRIM', '3: Unknown method ->TRIM. Did you mean "trim"?'],
    ['a->constructor', '3: Unknown method ->constructor.'],
    ['a->first(1)', '3: ->first takes no arguments, and here it has 1.'],
    ['a->map', '3: ->map takes 1 argument, and here it has 0.'],
    ['a->eq(1, 2)', '3: ->eq takes 1 argument, and here it has 2.'],
    ['a->split', '3: ->split takes 1 to 2 arguments, and here it has 0.'],
    ['a->add()', '3: ->add takes at least 1 argument, and here it has 0.'],
    ['a->joinNotNull(1)', '15: ->joinNotNull needs a string here.'],
    ['a->slice("x")', '9: ->slice needs a whole number here.'],
    ['a->slice(1.5)', '9: ->slice needs a whole number here.'],
    ['a->slice([1])', '9: ->slice needs a whole number here.'],
    ['a->add("1")', '7: ->add needs a number here.'],
    ['a->and(1)', '7: ->and needs a condition that gives true or false here.'],
    ['a->in("x")', '6: ->in needs a list here.'],
    ['a->get({ a: 1 })', '7: ->get needs a whole number or the name of a property here.'],
    ['a->match("x")', '9: ->match needs a pair [candidate, value] here.'],
    ['a->match([1, 2, 3])', '9: ->match needs a pair [candidate, value] here.'],
    ['a->as("x")', '6: ->as needs a variable name such as $item here.'],
    ['a->as($x.y)', '6: ->as needs a variable name such as $item here.'],
    ['$("x")->add(1)', '8: ->add works on number, and not on this.'],
    ['$(1)->trim', '6: ->trim works on string, and not on this.'],
  ])('%s', (source, problem) => {
    expect(problemsOf(source)).toContain(problem);
  });

  test('->as with a name that has a meaning hides it, which is said', () => {
    expect(problemsOf('a->as($args)')).toStrictEqual([
      '6: ->as($args) hides the variable of that name for the rest of this path.',
    ]);
  });
});
