import type { Shape, ShapeField } from '../../connect/mapping/mapping.ts';
import type { Position } from '../../kernel/problem.ts';

export type ObjectShape = Extract<Shape, { kind: 'object' }>;

export const UNKNOWN: Shape = { kind: 'unknown' };
export const NOTHING: ObjectShape = { kind: 'object', fields: new Map() };

/** Where in a selection an object is written: for messages about what it lacks. */
const origins = new WeakMap<ObjectShape, Position>();

export function withOrigin(shape: ObjectShape, at: Position | undefined): ObjectShape {
  if (at !== undefined) origins.set(shape, at);
  return shape;
}

export function originOf(shape: ObjectShape): Position | undefined {
  return origins.get(shape);
}

/** The objects that a shape may be, lists and unions taken apart; undefined if it may be anything. */
export function objectsOf(shape: Shape): readonly ObjectShape[] | undefined {
  switch (shape.kind) {
    case 'object':
      return [shape];
    case 'list':
      return objectsOf(shape.of);
    case 'union': {
      const parts = shape.of.map(objectsOf);
      return parts.includes(undefined) ? undefined : parts.flatMap((part) => part ?? []);
    }
    case 'literal':
      return [];
    default:
      return undefined;
  }
}

/** More forms of one object than anybody tells apart. */
const MAX_FORMS = 64;

/** What two connectors together give. */
export function mergeShapes(a: Shape, b: Shape): Shape {
  if (a.kind === 'literal') return b;
  if (b.kind === 'literal') return a;
  const left = objectsOf(a);
  const right = objectsOf(b);
  if (left === undefined || right === undefined) return UNKNOWN;
  const merged = left.flatMap((one) => right.map((other) => mergeObjects(one, other)));
  if (merged.length > MAX_FORMS) return UNKNOWN;
  const [first] = merged;
  return merged.length === 1 && first !== undefined ? first : { kind: 'union', of: merged };
}

export function mergeObjects(a: ObjectShape, b: ObjectShape): ObjectShape {
  const fields = new Map<string, ShapeField>(a.fields);
  for (const [name, field] of b.fields) {
    const known = fields.get(name);
    fields.set(
      name,
      known === undefined ? field : { ...known, shape: mergeShapes(known.shape, field.shape) },
    );
  }
  return withOrigin({ kind: 'object', fields }, originOf(a) ?? originOf(b));
}

/** Equal for shapes that give the same fields: to recognise a state of affairs that was looked at before. */
export function shapeSignature(shape: Shape): string {
  const objects = objectsOf(shape);
  if (objects === undefined) return '*';
  return objects.map(objectSignature).sort().join('|');
}

function objectSignature({ fields }: ObjectShape): string {
  const names = [...fields.keys()].sort();
  const parts = names.map((name) => {
    const shape = fields.get(name)?.shape ?? UNKNOWN;
    if (shape.kind === 'literal') return `${name}=${JSON.stringify(shape.value)}`;
    return shape.kind === 'unknown' ? name : `${name}{${shapeSignature(shape)}}`;
  });
  return parts.join(' ');
}

/** The values that `__typename` may have; undefined if the mapping leaves that to the data. */
export function typeNamesOf({ fields }: ObjectShape): readonly string[] | undefined {
  const shape = fields.get('__typename')?.shape;
  if (shape === undefined) return undefined;
  const parts = shape.kind === 'union' ? shape.of : [shape];
  const names: string[] = [];
  for (const part of parts) {
    if (part.kind !== 'literal') return undefined;
    if (typeof part.value === 'string') names.push(part.value);
  }
  return names;
}
