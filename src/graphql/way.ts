import {
  type GraphQLObjectType,
  getNamedType,
  isNonNullType,
  isObjectType,
  isRequiredArgument,
} from 'graphql';
import type { Connector, EntityBlueprint, FieldBlueprint } from '../blueprint/blueprint.ts';
import type { Shape } from '../connect/mapping/mapping.ts';
import type { JsonObject } from '../kernel/json.ts';

/** A call that brings more of an object, once some of it is there. */
export interface Way {
  readonly connector: Connector;
  /** `batch`, `single`, `args`: an entity's connector; `field`: the connector of one of the object's fields. */
  readonly mode: 'batch' | 'single' | 'args' | 'field';
  /** What must be there of the object, as paths. */
  readonly key: readonly (readonly string[])[];
  /** Those of the key that must not be null; beside them, one at least must have a value. */
  readonly required: readonly (readonly string[])[];
  /** What it brings of the object. */
  readonly provides: Shape;
  /** With `field`: which one, and its arguments' defaults. */
  readonly field: { readonly name: string; readonly args: JsonObject } | undefined;
}

/** Paths of the parent's fields that a connector looks at. */
export function thisPaths(connector: Connector): (readonly string[])[] {
  return connector.uses.filter((use) => use.variable === '$this').map((use) => use.path);
}

/** Those of them that the request is made of; others are looked at by the answer's mapping alone. */
export function askedPaths({ uses, selection, isSuccess, errors }: Connector): (readonly string[])[] {
  const answers = [selection, isSuccess, errors.message, errors.extensions].flatMap((one) => one?.uses ?? []);
  return uses.filter((use) => use.variable === '$this' && !answers.includes(use)).map((use) => use.path);
}

/**
 * All ways of a type: its entity connectors, and the fields that have connectors of their own and can do
 * without arguments, since another field's `$this` may look at them.
 */
export function waysOf(
  type: GraphQLObjectType,
  entity: EntityBlueprint | undefined,
  fields: ReadonlyMap<string, FieldBlueprint>,
): readonly Way[] {
  const ways = (entity?.connectors ?? []).map(
    ({ connector, mode, key }): Way => ({
      connector,
      mode,
      key,
      required: key.filter((path) => !mayBeNull(type, path)),
      provides: connector.provides,
      field: undefined,
    }),
  );
  return [...ways, ...Object.values(type.getFields()).flatMap((field) => fieldWays(type, field, fields))];
}

function fieldWays(
  type: GraphQLObjectType,
  { name, args }: ReturnType<GraphQLObjectType['getFields']>[string],
  fields: ReadonlyMap<string, FieldBlueprint>,
): Way[] {
  if (args.some(isRequiredArgument)) return [];
  const defaults = Object.fromEntries(
    args.filter((arg) => arg.defaultValue !== undefined).map((arg) => [arg.name, arg.defaultValue]),
  ) as JsonObject;
  return (fields.get(`${type.name}.${name}`)?.connectors ?? []).map((connector) => ({
    connector,
    mode: 'field',
    key: thisPaths(connector).filter((path) => path.length > 0),
    required: [],
    provides: { kind: 'object', fields: new Map([[name, { shape: connector.provides, offset: 0 }]]) },
    field: { name, args: defaults },
  }));
}

/** Whether the schema lets the field at the path be null. A field that it does not show is one of the key's own. */
function mayBeNull(type: GraphQLObjectType, [name, ...rest]: readonly string[]): boolean {
  const field = name === undefined ? undefined : type.getFields()[name];
  if (field === undefined) return false;
  if (!isNonNullType(field.type)) return true;
  const inner = getNamedType(field.type);
  return rest.length > 0 && isObjectType(inner) && mayBeNull(inner, rest);
}
