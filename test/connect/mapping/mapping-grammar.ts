import fc from 'fast-check';

/** Texts that are mappings at v0.4, made by the rules of the grammar. */
export const grammar = fc.letrec<
  Record<'selection' | 'item' | 'value' | 'path' | 'steps' | 'step' | 'call', string>
>((tie) => {
  const name = fc.constantFrom(
    'id',
    'name',
    'a',
    'b_2',
    '__proto__',
    'constructor',
    '"quoted key"',
    "'it\\'s'",
  );
  const gap = fc.constantFrom(' ', '\n', ' # note\n', '  ');
  const literal = fc.constantFrom('1', '-2.5', '.5', '"text"', "'q'", 'true', 'false', 'null', '[]', '{ }');
  const head = fc.constantFrom('$', '@', '$args', '$this', '$batch', 'id', 'list', '"quoted key"');
  return {
    selection: fc
      .tuple(fc.array(tie('item'), { minLength: 1, maxLength: 4 }), gap)
      .map(([items, separator]) => items.join(separator)),
    item: fc.oneof(
      { depthSize: 'small', withCrossShrink: true },
      name,
      fc.tuple(name, tie('value')).map(([key, value]) => `${key}: ${value}`),
      fc.tuple(name, tie('selection')).map(([key, inner]) => `${key} { ${inner} }`),
      fc.tuple(tie('path'), tie('selection')).map(([path, inner]) => `x: ${path} { ${inner} }`),
      tie('path').map((path) => `...${path}`),
    ),
    value: fc.oneof(
      { depthSize: 'small', withCrossShrink: true },
      literal,
      tie('path'),
      fc.tuple(literal, tie('call')).map(([value, call]) => `${value}${call}`),
      fc.array(tie('value'), { maxLength: 3 }).map((items) => `[${items.join(', ')}]`),
      tie('selection').map((inner) => `{ ${inner} }`),
      fc.tuple(tie('path'), tie('value')).map(([a, b]) => `$(${a} ?? $(${b}))`),
      tie('value').map((value) => `$(${value})`),
    ),
    path: fc.tuple(head, tie('steps')).map(([start, steps]) => start + steps),
    steps: fc.array(tie('step'), { maxLength: 3 }).map((steps) => steps.join('')),
    step: fc.oneof(
      { depthSize: 'small', withCrossShrink: true },
      name.map((key) => `.${key}`),
      fc.constant('?.a'),
      tie('call'),
    ),
    call: fc.oneof(
      { depthSize: 'small', withCrossShrink: true },
      fc.constantFrom(
        '->first',
        '->last',
        '->size',
        '->typeof',
        '->jsonStringify',
        '->entries',
        '->keys',
        '->toString',
      ),
      fc.constantFrom(
        '->trim',
        '->not',
        '->jsonParse',
        '->keysToCamelCaseDeep',
        '->parseInt',
        '->split(",")',
      ),
      fc.constantFrom(
        '->slice(0, 1)',
        '->get(0)',
        '->get("a")',
        '->joinNotNull(",")',
        '->add(1)',
        '->gt(1)',
        '->and(@)',
      ),
      fc
        .tuple(fc.constantFrom('map', 'filter', 'find', 'echo', 'eq', 'contains', 'has'), tie('path'))
        .map(([method, path]) => `->${method}(${path})`),
      fc.tuple(tie('value'), tie('value')).map(([a, b]) => `->match([${a}, ${b}], [@, 1])`),
      tie('path').map((path) => `->as($x, ${path})->echo([$x, @])`),
    ),
  };
});
