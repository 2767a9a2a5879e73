import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { compileMapping } from '../../../src/connect/mapping/compile-mapping.ts';
import type { ObjectView } from '../../../src/connect/mapping/mapping.ts';
import { isJsonObject, type Json } from '../../../src/kernel/json.ts';
import { grammar } from './mapping-grammar.ts';
import { ALL_VARIABLES, compiled } from './run-mapping.ts';

/** Puts together what a view shows, field by field: what `evaluate` should have given. */
function assemble(raw: Json | undefined, view: ObjectView | undefined): Json | undefined {
  if (raw === undefined || view === undefined) return raw;
  if (Array.isArray(raw)) return (raw as readonly Json[]).map((item) => assemble(item, view) ?? null);
  if (!isJsonObject(raw)) return view.pure ? raw : view.build(raw);
  const object: Record<string, Json> = {};
  for (const [name, field] of view.fields) {
    const read = field.property === undefined ? field.read(raw) : raw[field.property];
    const value = assemble(read, field.view);
    if (value !== undefined) object[name] = value;
  }
  return object;
}

/** Data that has the properties which the grammar's mappings look at, and holes where they look. */
const data = fc.letrec<Record<'value' | 'object', unknown>>((tie) => ({
  value: fc.oneof(
    { depthSize: 'small', withCrossShrink: true },
    fc.constantFrom(null, 1, 'text', true, []),
    tie('object'),
    fc.array(tie('value'), { maxLength: 3 }),
  ),
  object: fc.record(
    {
      id: tie('value'),
      name: tie('value'),
      a: tie('value'),
      list: tie('value'),
      constructor: tie('value'),
      'quoted key': tie('value'),
    },
    { requiredKeys: [] },
  ),
})).value;

test('a view shows what the mapping makes, bit by bit', () => {
  let views = 0;
  fc.assert(
    fc.property(grammar.selection, data, (source, given) => {
      const body = (given ?? {}) as Json;
      const { value } = compileMapping(source, { version: '0.4', kind: 'selection', allow: ALL_VARIABLES });
      if (value?.view === undefined) return;
      views++;
      const { read, view } = value.view;
      const whole = value.evaluate(body, {});
      // As text: vitest takes data that is called `constructor` for a class.
      expect(JSON.stringify(assemble(read(body), view))).toBe(JSON.stringify(whole));
      const raw = read(body);
      const built = view === undefined || raw === undefined ? raw : view.build(raw);
      expect(JSON.stringify(built)).toBe(JSON.stringify(whole));
    }),
    { numRuns: 5000 },
  );
  expect(views).toBeGreaterThan(500);
});

describe('what has no view', () => {
  test.each([
    ['looks at a variable', 'id name: $args.name'],
    ['spreads', 'id ...owner { name }'],
    ['names a field twice', 'a: id a: name'],
  ])('%s', (_why, source) => {
    expect(compiled(source, { version: '0.4' }).view?.view).toBeUndefined();
  });
});

test('a nested object that is written out stands on what is around it', () => {
  const { view } = compiled('id author: { id: author_id name: by.name }', { version: '0.4' });
  const post = { id: 1, author_id: 7, by: { name: 'Ada' } };
  const author = view?.view?.fields.get('author');
  expect(author?.literal).toBe(true);
  expect(author?.read(post)).toBe(post);
  expect(author?.view?.fields.get('name')?.read(post)).toBe('Ada');
});
