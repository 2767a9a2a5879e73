import type { Shape, ShapeField } from './mapping.ts';

export const UNKNOWN: Shape = { kind: 'unknown' };

/** A shape with more parts than this says more than anyone checks; it is given up as unknown. */
const MAX_PARTS = 20_000;
const parts = new WeakMap<Shape, number>();

/** The shape itself, or `unknown` if it has grown beyond reason. Parts used twice count twice. */
export function bounded(shape: Shape): Shape {
  return countParts(shape) > MAX_PARTS ? UNKNOWN : shape;
}

function countParts(shape: Shape): number {
  const known = parts.get(shape);
  if (known !== undefined) return known;
  let count = 1;
  if (shape.kind === 'list') count += countParts(shape.of);
  if (shape.kind === 'union') for (const member of shape.of) count += countParts(member);
  if (shape.kind === 'object') for (const field of shape.fields.values()) count += countParts(field.shape);
  parts.set(shape, count);
  return count;
}

/** One of several; nested unions are flattened, and one that stands alone is itself. */
export function unionOf(shapes: readonly Shape[]): Shape {
  const members = shapes.flatMap((shape) => (shape.kind === 'union' ? shape.of : [shape]));
  const distinct = members.filter((member, index) => {
    if (member.kind === 'unknown') return members.findIndex(({ kind }) => kind === 'unknown') === index;
    if (member.kind !== 'literal') return true;
    return members.findIndex((other) => other.kind === 'literal' && other.value === member.value) === index;
  });
  if (distinct.length === 1) return distinct[0] as Shape;
  return distinct.length === 0 ? UNKNOWN : bounded({ kind: 'union', of: distinct });
}

/** What an item of it is, if it is a list; otherwise itself, because a lone value counts as a list of one. */
export function itemOf(shape: Shape): Shape {
  if (shape.kind === 'list') return shape.of;
  if (shape.kind === 'union') return unionOf(shape.of.map(itemOf));
  return shape;
}

/** What its property is; undefined if it surely has none of that name. */
export function propertyOf(shape: Shape, name: string): Shape | undefined {
  switch (shape.kind) {
    case 'object':
      return shape.fields.get(name)?.shape;
    case 'list': {
      const item = propertyOf(shape.of, name);
      return item === undefined ? undefined : { kind: 'list', of: item };
    }
    case 'union': {
      const found = shape.of
        .map((member) => propertyOf(member, name))
        .filter((member) => member !== undefined);
      return found.length === 0 ? undefined : unionOf(found);
    }
    case 'literal':
      return undefined;
    case 'unknown':
      return UNKNOWN;
  }
}

/** What two sets of fields are together, the second after the first: as mergeJson joins them. */
export function mergeShapes(a: Shape, b: Shape): Shape {
  if (isNull(a) || isNull(b)) return { kind: 'literal', value: null };
  if (a.kind === 'union') return unionOf(a.of.map((member) => mergeShapes(member, b)));
  if (b.kind === 'union') return unionOf(b.of.map((member) => mergeShapes(a, member)));
  if (a.kind !== 'object' || b.kind !== 'object') return UNKNOWN;
  const fields = new Map<string, ShapeField>(a.fields);
  for (const [name, field] of b.fields) {
    const before = fields.get(name);
    fields.set(name, before === undefined ? field : mergeFields(before, field));
  }
  return bounded({ kind: 'object', fields });
}

function mergeFields(before: ShapeField, after: ShapeField): ShapeField {
  const both = before.shape.kind === 'object' && after.shape.kind === 'object';
  return both ? { shape: mergeShapes(before.shape, after.shape), offset: before.offset } : after;
}

function isNull(shape: Shape): boolean {
  return shape.kind === 'literal' && shape.value === null;
}
