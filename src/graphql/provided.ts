import type { Shape } from '../connect/mapping/mapping.ts';
import { isJsonObject, type Json, type JsonObject } from '../kernel/json.ts';

/** What is known of a value that no mapping made: it gives what it holds. */
export const UNKNOWN: Shape = { kind: 'unknown' };

/**
 * Whether the place that made `data` is the one that gives `field`, so that its absence means null
 * and not "ask somebody else". Told by the mapping's shape; where that leaves it open, by the data.
 */
export function gives(shape: Shape, field: string, data: JsonObject): boolean {
  switch (shape.kind) {
    case 'object':
      return shape.fields.has(field);
    case 'list':
      return gives(shape.of, field, data);
    case 'union': {
      const branches = branchesFor(shape.of, data);
      if (branches.length > 0 && branches.every((branch) => gives(branch, field, data))) return true;
      return Object.hasOwn(data, field);
    }
    default:
      return Object.hasOwn(data, field);
  }
}

/** Shape of a field's value, given that of the object. */
export function shapeOfField(shape: Shape, field: string): Shape {
  switch (shape.kind) {
    case 'object':
      return shape.fields.get(field)?.shape ?? UNKNOWN;
    case 'list':
      return shapeOfField(shape.of, field);
    case 'union': {
      const known = shape.of.map((branch) => shapeOfField(branch, field)).filter((of) => of !== UNKNOWN);
      if (known.length === 0) return UNKNOWN;
      return known.length === 1 ? (known[0] as Shape) : { kind: 'union', of: known };
    }
    default:
      return UNKNOWN;
  }
}

/** Shape of a list's items; a shape that is not a list stands for its items already. */
export function shapeOfItem(shape: Shape): Shape {
  return shape.kind === 'list' ? shape.of : shape;
}

/** Whether values of this shape can hold something at the path: for choosing before any data is there. */
export function covers(shape: Shape, path: readonly string[], from = 0): boolean {
  const name = path[from];
  if (name === undefined) return true;
  switch (shape.kind) {
    case 'object': {
      const field = shape.fields.get(name);
      return field !== undefined && covers(field.shape, path, from + 1);
    }
    case 'list':
      return covers(shape.of, path, from);
    case 'union':
      return shape.of.some((branch) => covers(branch, path, from));
    case 'literal':
      return isJsonObject(shape.value) && Object.hasOwn(shape.value, name);
    case 'unknown':
      return true;
  }
}

/** The branches that an object of a named type can have come from. */
function branchesFor(branches: readonly Shape[], data: JsonObject): readonly Shape[] {
  const typeName = data.__typename;
  if (typeof typeName !== 'string') return branches;
  return branches.filter((branch) => {
    const declared = branch.kind === 'object' ? branch.fields.get('__typename')?.shape : undefined;
    return declared?.kind !== 'literal' || declared.value === typeName;
  });
}

/** The value at a path of property names; undefined if anything on the way is missing or not an object. */
export function valueAt(value: Json | undefined, path: readonly string[]): Json | undefined {
  let current = value;
  for (const name of path) {
    if (!isJsonObject(current) || !Object.hasOwn(current, name)) return undefined;
    current = current[name];
  }
  return current;
}

/** Whether there is not one value in it: null, or an object of nothing but such (`__typename` aside). */
export function isHollow(value: Json | undefined): boolean {
  if (value === undefined || value === null) return true;
  if (!isJsonObject(value)) return false;
  for (const name in value) if (name !== '__typename' && !isHollow(value[name])) return false;
  return true;
}

/** Puts a value at a path of property names; objects on the way are made, or copied if they are there. */
export function setAt(object: Record<string, Json>, path: readonly string[], value: Json): void {
  let current = object;
  for (const name of path.slice(0, -1)) {
    const next = current[name];
    const below: Record<string, Json> = isJsonObject(next) ? { ...next } : {};
    current[name] = below;
    current = below;
  }
  current[path.at(-1) as string] = value;
}
