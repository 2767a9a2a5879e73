import type { GraphQLObjectType } from 'graphql';
import type { Shape } from '../../connect/mapping/mapping.ts';
import type { EntityConnector } from '../blueprint.ts';
import type { BuiltConnector } from './build-connector.ts';
import { distinctPaths } from './build-entities.ts';
import { mergeShapes, type ObjectShape, objectsOf, shapeSignature, UNKNOWN } from './provided-shape.ts';
import type { ReachContext } from './reach-context.ts';

/** A connector that must be called to have what is available. */
export interface CalledConnector {
  readonly built: BuiltConnector;
  /** Undefined: it gives fields of the object itself. */
  readonly field: string | undefined;
}

export interface Availability {
  /** Fields of an object that can be had, with what is known of their values. */
  readonly fields: ReadonlyMap<string, Shape>;
  /** Connectors that are called for this one object alone, and not for many at once. */
  readonly calls: readonly CalledConnector[];
}

/**
 * What can be had of an object of which some fields are given: by its fields' own connectors and by entity
 * connectors, each as soon as the fields are there that it needs.
 */
export function findAvailable(
  type: GraphQLObjectType,
  given: ObjectShape,
  context: ReachContext,
): Availability {
  const fields = new Map<string, Shape>();
  const calls: CalledConnector[] = [];
  for (const name of Object.keys(type.getFields())) {
    const shape = given.fields.get(name)?.shape;
    if (context.isResolved(type.name, name)) fields.set(name, UNKNOWN);
    else if (shape !== undefined) fields.set(name, shape);
  }
  const pending = new Set<() => boolean>();
  for (const name of Object.keys(type.getFields())) {
    for (const built of context.fields.get(`${type.name}.${name}`) ?? []) {
      pending.add(() => addField(name, built, fields, calls));
    }
  }
  for (const entity of byEffort(context.entities.get(type.name)?.connectors ?? [])) {
    pending.add(() => addEntity(entity, fields, calls, context));
  }
  settle(pending);
  return { fields, calls };
}

/** Tries what is pending until nothing more can be done; the ones first named are preferred. */
function settle(pending: Set<() => boolean>): void {
  let progress = true;
  while (progress) {
    progress = false;
    for (const attempt of pending) {
      if (!attempt()) continue;
      pending.delete(attempt);
      progress = true;
      break;
    }
  }
}

function byEffort(connectors: readonly EntityConnector[]): readonly EntityConnector[] {
  return [...connectors].sort((a, b) => Number(b.mode === 'batch') - Number(a.mode === 'batch'));
}

function addField(
  name: string,
  built: BuiltConnector,
  fields: Map<string, Shape>,
  calls: CalledConnector[],
): boolean {
  const needs = neededOf(built);
  if (!needs.every((path) => hasPath(fields, path))) return false;
  const known = fields.get(name);
  const { provides } = built.connector;
  fields.set(name, known === undefined ? provides : mergeShapes(known, provides));
  // Without anything of the object in it, it is the same call for all objects, and made once.
  if (needs.length > 0) calls.push({ built, field: name });
  return true;
}

/** The fields of the object that a field's connector looks at. */
export function neededOf(built: BuiltConnector): readonly (readonly string[])[] {
  return distinctPaths(built.connector.uses, '$this');
}

function addEntity(
  { connector, mode, key }: EntityConnector,
  fields: Map<string, Shape>,
  calls: CalledConnector[],
  context: ReachContext,
): boolean {
  if (!key.every((path) => hasPath(fields, path))) return false;
  let adds = false;
  for (const object of objectsOf(connector.provides) ?? []) {
    for (const [name, { shape }] of object.fields) {
      const known = fields.get(name);
      const merged = known === undefined ? shape : mergeShapes(known, shape);
      adds ||= known === undefined || shapeSignature(merged) !== shapeSignature(known);
      fields.set(name, merged);
    }
  }
  const built = context.builtOf(connector);
  if (adds && mode !== 'batch' && built !== undefined) calls.push({ built, field: undefined });
  return true;
}

export function hasPath(fields: ReadonlyMap<string, Shape>, path: readonly string[]): boolean {
  const [name, ...rest] = path;
  if (name === undefined || name === '__typename') return true;
  const shape = fields.get(name);
  return shape !== undefined && shapeHas(shape, rest);
}

/** True if an object of this shape has something at the path, in one of its forms at least. */
export function shapeHas(shape: Shape, path: readonly string[]): boolean {
  const [name, ...rest] = path;
  if (name === undefined || shape.kind === 'literal') return true;
  const objects = objectsOf(shape);
  if (objects === undefined) return true;
  return objects.some(({ fields }) => {
    const field = fields.get(name);
    return field !== undefined && shapeHas(field.shape, rest);
  });
}
