import { describe, expect, test } from 'vitest';
import type { ConnectVersion, Shape } from '../../../src/connect/mapping/mapping.ts';
import { compiled, problemsOf } from './run-mapping.ts';

describe('what is no mapping is reported where it ends to be one', () => {
  test.each([
    ['id {', '4: Expected } here, but found the end.'],
    ['id }', '3: There is no { that this } closes.'],
    ['a: ', '3: Expected a field, a path or a value here, but found the end.'],
    ['a b: c: d', '6: Expected a field, a path or a value here, but found ":".'],
    ['.a', '0: A path can\'t start with a dot: write "$.name".'],
    ['a: ->first', '3: A method needs a value before it: write "$->method" or "@->method".'],
    ['$.a.', '4: A property needs a name or a quoted name, but found the end.'],
    ['$.a.5', '3: Expected a field, a path or a value here, but found ".5".'],
    ['a->', '1: The name of a method must follow ->.'],
    ['a->"map"', '1: The name of a method must follow ->.'],
    ['a->map(', '7: Expected a field, a path or a value here, but found the end.'],
    ['a->map(@', '8: Expected ) here, but found the end.'],
    ['a->map(@ @)', '9: Expected ) here, but found "@".'],
    ['$(1', '3: Expected ) here, but found the end.'],
    [
      '$ args',
      '0: A path among fields needs a name: write "name: path", or choose fields from it with { … }.',
    ],
    ['$([1 2])', '5: Expected ] here, but found "2".'],
    ['$({ a 1 })', '6: Expected } here, but found "1".'],
    ['$(-)', '3: A number must follow this minus.'],
    ["a: 'x", "3: This string has no closing '."],
    ['a ~ b', '2: Unexpected character "~".'],
    ['a 😀', '2: Unexpected character "😀".'],
    [
      '$.a b',
      '0: A path among fields needs a name: write "name: path", or choose fields from it with { … }.',
    ],
    ['a: $(b ?? c ?! d)', "12: ?? and ?! can't be mixed in one chain: use $(…) to group."],
    ['a: b ?? c', '5: Before connect/v0.4, ?? must stand inside $(…): write "name: $(a ?? b)".'],
    ['a?? b', '1: Expected a field, a path or a value here, but found "??".'],
    ['$(1e999)', '2: This number is too large.'],
  ])('%s', (source, problem) => {
    expect(problemsOf(source)).toStrictEqual([problem]);
  });

  test('the attempt that got further explains, since v0.4', () => {
    expect(problemsOf('a, b c', { version: '0.4' })).toStrictEqual([
      '5: Fields are separated either all by commas or all by spaces.',
    ]);
    expect(problemsOf('a b, c', { version: '0.4' })).toStrictEqual([
      '3: Fields are separated either all by commas or all by spaces.',
    ]);
    expect(problemsOf('[1, 2', { version: '0.4' })).toStrictEqual(['5: Expected ] here, but found the end.']);
    expect(problemsOf('5 { a }', { version: '0.4' })).toHaveLength(1);
    expect(problemsOf('id name: {', { version: '0.4' })).toStrictEqual([
      '10: Expected } here, but found the end.',
    ]);
  });

  test('one value is one value', () => {
    expect(problemsOf('$args.id $args.x', { kind: 'expression' })).toStrictEqual([
      '9: Unexpected "$args" after the end of the value.',
    ]);
    expect(problemsOf('', { kind: 'expression' })).toHaveLength(1);
  });

  test('nesting has a limit, long texts have none', () => {
    const nest = (depth: number) => `${'a { '.repeat(depth)}b${' }'.repeat(depth)}`;
    expect(problemsOf(nest(90))).toStrictEqual([]);
    expect(problemsOf(nest(20_000))).toStrictEqual(['404: This is nested more than 100 levels deep.']);
    expect(problemsOf('$('.repeat(20_000))[0]).toMatch(/nested more than 100/);
    expect(problemsOf(`$.a${'.b'.repeat(20_000)}`)).toStrictEqual([]);
    expect(problemsOf(`$.a${'->first'.repeat(20_000)}`)).toStrictEqual([]);
    expect(problemsOf(Array.from({ length: 20_000 }, (_, index) => `f${index}`).join(' '))).toStrictEqual([]);
  });
});

describe('what a version lacks is named with the version that has it', () => {
  const late: readonly (readonly [ConnectVersion, ConnectVersion, string, string])[] = [
    [
      '0.2',
      '0.3',
      '$.a?.b',
      '3: ? after a path step needs connect/v0.3, and this schema links connect/v0.2.',
    ],
    ['0.1', '0.3', 'x: $($.a ?? 1)', '9: ?? needs connect/v0.3, and this schema links connect/v0.1.'],
    ['0.2', '0.3', 'x: $($.a ?! 1)', '9: ?! needs connect/v0.3, and this schema links connect/v0.2.'],
    [
      '0.2',
      '0.3',
      'x: a->echo(b)',
      '11: A key on its own in a value (otherwise write $.b) needs connect/v0.3, and this schema links connect/v0.2.',
    ],
    ['0.3', '0.4', '... $.a', '0: Spread (...) needs connect/v0.4, and this schema links connect/v0.3.'],
    ['0.1', '0.4', 'id ...$.a', '3: Spread (...) needs connect/v0.4, and this schema links connect/v0.1.'],
    [
      '0.3',
      '0.4',
      'a, b',
      '1: A comma between fields needs connect/v0.4, and this schema links connect/v0.3.',
    ],
  ];
  test.each(late)('connect/v%s, not yet v%s: %s', (version, since, source, problem) => {
    expect(problemsOf(source, { version })).toStrictEqual([problem]);
    expect(problemsOf(source, { version: since })).toStrictEqual([]);
  });

  test.each(['a: 5', '[1]', '{ a }', 'a: [1]', 'a: $.b ?? 1'])('only v0.4 knows %s', (source) => {
    expect(problemsOf(source, { version: '0.3' })).not.toStrictEqual([]);
    expect(problemsOf(source, { version: '0.4' })).toStrictEqual([]);
  });

  test('a lone path in a sub-selection came with v0.3', () => {
    expect(problemsOf('a { $.b }', { version: '0.2' })).toHaveLength(1);
    expect(problemsOf('a { $.b }', { version: '0.3' })).toStrictEqual([]);
  });
});

describe('variables', () => {
  test('only those that mean something here', () => {
    expect(problemsOf('a: $batch.id b: $args.x', { allow: ['$args', '$config'] })).toStrictEqual([
      '3: Unknown variable $batch. Here you can use $args, $config.',
    ]);
    expect(problemsOf('a: $arg.x', { allow: ['$args', '$config'] })).toStrictEqual([
      '3: Unknown variable $arg. Did you mean "$args"? Here you can use $args, $config.',
    ]);
    expect(problemsOf('a: $args', { allow: [] })).toStrictEqual([
      '3: Unknown variable $args. No variables can be used here.',
    ]);
  });

  test('a bound name holds for the rest of its path only', () => {
    expect(problemsOf('a: b->as($x)->echo($x)')).toStrictEqual([]);
    expect(problemsOf('a: b->as($x) { c: $x }')).toStrictEqual([]);
    expect(problemsOf('a: b->as($item)->first c: $item', { allow: ['$args'] })).toStrictEqual([
      '26: Unknown variable $item. Here you can use $args.',
    ]);
    expect(problemsOf('a: b->as($x, $x)', { allow: ['$args'] })).toHaveLength(1);
  });

  test('all problems come at once, in the order of the text', () => {
    expect(
      problemsOf('a: $foo b: c->nope d: $bar', { allow: ['$args'] }).map((line) => line.split(':')[0]),
    ).toStrictEqual(['3', '14', '22']);
  });
});

describe('uses: which variables, and how far into them', () => {
  test.each([
    ['id name', []],
    ['a: $args.page.size', ['$args.page.size@3']],
    ['$args', ['$args@0']],
    ['a: $args { x y { z } }', ['$args.x@11', '$args.y.z@17']],
    ['a: $this { id: store.id b: $.c }', ['$this.store.id@15', '$this.c@27']],
    ['a: $batch { }', ['$batch@3']],
    ['ids: $batch->map(@.id)', ['$batch.id@17']],
    ['ids: $batch->map({ i: @.id, s: @.store.id })', ['$batch.id@22', '$batch.store.id@31']],
    ['$batch.id->joinNotNull(",")', ['$batch.id@0']],
    ['$(($batch.id))'.replace('((', '(').replace('))', ')'), ['$batch.id@2']],
    ['$batch->filter(@.active)->map(@.id)', ['$batch.active@15', '$batch.id@30']],
    ['$batch->first { id }', ['$batch.id@16']],
    ['$batch->as($b)->echo($b.id)', ['$batch@0', '$batch.id@21']],
    ['$args.x->get("y")', ['$args.x.y@0']],
    ['$args.x->match(["a", $config.b], [@, $args.c])', ['$args.x@0', '$config.b@21', '$args.c@37']],
    ['a: $($args.x ?? $config.y)', ['$args.x@5', '$config.y@16']],
    ['a: list->slice(0, $args.first)', ['$args.first@18']],
    ['a: $->echo({ b: $args.x })', ['$args.x@16']],
    ['$this->echo(1)', ['$this@0']],
    ['$this->echo(@.id)', ['$this.id@12']],
    ['$request.headers.accept->first', ['$request.headers.accept@0']],
    ['$args.list->size', ['$args.list@0']],
  ])('%s', (source, expected) => {
    const uses = compiled(source).uses.map(
      ({ variable, path, offset }) => `${[variable, ...path].join('.')}@${offset}`,
    );
    expect(uses).toStrictEqual(expected);
  });
});

describe('shape: what it gives, before anything runs', () => {
  /** A shape in a few words: `{a: ?, b: [?]}`. */
  function brief(shape: Shape): string {
    switch (shape.kind) {
      case 'unknown':
        return '?';
      case 'literal':
        return JSON.stringify(shape.value);
      case 'list':
        return `[${brief(shape.of)}]`;
      case 'union':
        return shape.of.map(brief).join(' | ');
      case 'object':
        return `{${[...shape.fields].map(([name, field]) => `${name}: ${brief(field.shape)}`).join(', ')}}`;
    }
  }

  test.each([
    ['0.3', 'id name: full', '{id: ?, name: ?}'],
    ['0.3', 'author: { id: author_id }', '{author: {id: ?}}'],
    ['0.3', '$.items { id }', '{id: ?}'],
    ['0.3', '$.items { id } $.meta { next }', '{id: ?, next: ?}'],
    ['0.3', 'a { b } a { c }', '{a: {b: ?, c: ?}}'],
    ['0.3', '$.items', '?'],
    ['0.3', 'type: $("Book")', '{type: "Book"}'],
    ['0.3', '$([1, 2])', '[1 | 2]'],
    ['0.3', '$({ a: 1, b: { c: null } })', '{a: 1, b: {c: null}}'],
    ['0.3', '$({ a: { b: 2 } }).a.b', '2'],
    ['0.3', 'list->map({ id: @.id })', '[{id: ?}]'],
    ['0.3', 'list->map({ id: @.id })->first', '{id: ?}'],
    ['0.3', 'list->map({ id: @.id }).id', '[?]'],
    ['0.3', 'object->entries', '[{key: ?, value: ?}]'],
    ['0.3', "kind->match(['a', 'A'], ['b', 'B'])", '"A" | "B"'],
    ['0.3', 'x: $($.a ?? "none")', '{x: ? | "none"}'],
    ['0.3', 'a->as($x)->echo({ y: $x })', '{y: ?}'],
    ['0.4', 'id ...{ a: 1 }', '{id: ?, a: 1}'],
    ['0.4', 'id ...$.more', '?'],
    [
      '0.4',
      'id ...kind->match(["b", { __typename: "Book", pages }], [@, null])',
      '{id: ?, __typename: "Book", pages: ?} | null',
    ],
  ] as const)('connect/v%s: %s', (version, source, expected) => {
    expect(brief(compiled(source, { version }).shape)).toBe(expected);
  });

  test('each field knows where it is written', () => {
    const { shape } = compiled('id name: full author: { "own id": author_id } $.more { x }');
    if (shape.kind !== 'object') throw new Error(shape.kind);
    const author = shape.fields.get('author');
    expect([...shape.fields].map(([name, { offset }]) => [name, offset])).toStrictEqual([
      ['id', 0],
      ['name', 3],
      ['author', 14],
      ['x', 55],
    ]);
    expect(author?.shape.kind === 'object' ? author.shape.fields.get('own id')?.offset : undefined).toBe(24);
  });

  test('a property that surely is not there is doubted', () => {
    expect(problemsOf('$({ a: 1 }).b')).toStrictEqual(['12: There is no "b" in what stands before it.']);
  });

  test('a shape that doubles at each step is given up, not followed', () => {
    const doubling = `$${'->echo([@, @])'.repeat(200)}`;
    expect(brief(compiled(doubling).shape).length).toBeLessThan(200_000);
    const wide = `$args${'->echo({ a: @.x, b: @.y })'.repeat(40)}`;
    expect(compiled(wide).uses.length).toBeLessThan(100);
  });
});
