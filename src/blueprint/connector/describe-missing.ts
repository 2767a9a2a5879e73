import type { GraphQLObjectType } from 'graphql';
import type { Position } from '../../kernel/problem.ts';
import type { BuiltConnector } from './build-connector.ts';
import { type Availability, hasPath, neededOf, shapeHas } from './find-available.ts';
import type { ReachContext } from './reach-context.ts';

/** Why a field's own connectors can't be called: what each lacks, and whether they wait for each other. */
export function describeMissing(
  type: GraphQLObjectType,
  field: string,
  connectors: readonly BuiltConnector[],
  available: Availability,
  context: ReachContext,
): { readonly at: Position; readonly message: string }[] {
  return connectors.flatMap((built) => {
    const missing = neededOf(built).find((path) => !hasPath(available.fields, path));
    if (missing === undefined) return [];
    const text = `$this.${missing.join('.')}`;
    const use = built.placedUses.find(
      ({ variable, path }) => variable === '$this' && path.join('.') === missing.join('.'),
    );
    const at = use?.at ?? built.connector.position;
    const circle = findCircle(type.name, field, missing[0] ?? '', available, context);
    // A field that is missing altogether is told of itself.
    const isTold = !available.fields.has(missing[0] ?? '');
    if (circle === undefined && (context.mayBeResolved || isTold)) return [];
    const coordinate = `${type.name}.${field}`;
    const message =
      circle === undefined
        ? `${coordinate} needs ${text}, and "${missing[0]}" comes without it where ${type.name} is reached: select it there, since no call of its own is made for $this`
        : `circular reference: ${circle.map((name) => `${type.name}.${name}`).join(' needs ')}`;
    return [{ at, message }];
  });
}

/** The way from a needed field back to the field that needs it, if there is one. */
function findCircle(
  typeName: string,
  field: string,
  needed: string,
  available: Availability,
  context: ReachContext,
): readonly string[] | undefined {
  const search = (name: string, way: readonly string[]): readonly string[] | undefined => {
    if (name === field) return [...way, name];
    if (way.includes(name)) return undefined;
    for (const next of needsOf(typeName, name, available, context)) {
      const found = search(next, [...way, name]);
      if (found !== undefined) return found;
    }
    return undefined;
  };
  return search(needed, [field]);
}

/** Fields that a missing field waits for, over its own connectors and those of the entity. */
function needsOf(
  typeName: string,
  field: string,
  available: Availability,
  context: ReachContext,
): readonly string[] {
  const own = (context.fields.get(`${typeName}.${field}`) ?? []).flatMap((built) => neededOf(built));
  const entity = (context.entities.get(typeName)?.connectors ?? []).filter(({ connector }) =>
    shapeHas(connector.provides, [field]),
  );
  const paths = [...own, ...entity.flatMap(({ key }) => key)];
  return paths.filter((path) => !hasPath(available.fields, path)).map((path) => path[0] ?? '');
}
