import {
  type GraphQLField,
  type GraphQLObjectType,
  type GraphQLOutputType,
  type GraphQLSchema,
  getNamedType,
  isAbstractType,
  isCompositeType,
  isListType,
  isNonNullType,
  isObjectType,
} from 'graphql';
import { errorAt, positionOf, type Report, warningAt } from '../../connect/directive/sdl-text.ts';
import type { Position } from '../../kernel/problem.ts';
import { describeMissing } from './describe-missing.ts';
import {
  type Availability,
  type CalledConnector,
  findAvailable,
  hasPath,
  shapeHas,
} from './find-available.ts';
import {
  NOTHING,
  type ObjectShape,
  objectsOf,
  originOf,
  shapeSignature,
  typeNamesOf,
} from './provided-shape.ts';
import type { ReachContext } from './reach-context.ts';

/** How an object is come by. */
interface Trail {
  /** `Query.posts[].author`. */
  readonly path: string;
  /** There may be many of them in one answer. */
  readonly many: boolean;
  /** The object that it is in, and what can be had of that; undefined where a connector's selection begins. */
  readonly parent:
    | { readonly type: string; readonly available: Availability; readonly trail: Trail }
    | undefined;
}

/**
 * Goes every way that an operation can go, from the root types on, and reports fields that nothing resolves there
 * (errors) and connectors that are called once for each item of a list (warnings).
 */
export function checkReach(context: ReachContext): void {
  const { schema } = context;
  // The nearest first, so that what is reported is reported with the shortest path that leads there.
  const queue: Visit[] = [];
  const visit = createVisit(context, (next) => queue.push(next));
  for (const root of [schema.getQueryType(), schema.getMutationType(), schema.getSubscriptionType()]) {
    if (root)
      queue.push({ type: root, given: NOTHING, trail: { path: root.name, many: false, parent: undefined } });
  }
  for (let next = queue.shift(); next !== undefined; next = queue.shift()) visit(next);
}

/** An object of a type, of which some fields are given. */
interface Visit {
  readonly type: GraphQLObjectType;
  readonly given: ObjectShape;
  readonly trail: Trail;
}

function createVisit(context: ReachContext, later: (next: Visit) => void): (visit: Visit) => void {
  const seen = new Set<string>();
  const reported = new Set<string>();
  const once = (key: string, report: () => void) => {
    if (reported.has(key)) return;
    reported.add(key);
    report();
  };
  const visit = ({ type, given, trail }: Visit) => {
    const inside = [...ancestorsOf(type, trail)].length > 0;
    const key = `${type.name} ${trail.many} ${inside} ${shapeSignature(given)}`;
    if (seen.has(key)) return;
    seen.add(key);
    const available = findAvailable(type, given, context);
    if (trail.many) {
      for (const call of available.calls) {
        once(`call ${call.built.connector.coordinate}`, () => warnOfMany(call, type, trail, context.report));
      }
    }
    for (const field of Object.values(type.getFields())) {
      const shape = available.fields.get(field.name);
      if (shape === undefined) {
        const ends = endsRecursion(type, field, trail);
        once(`${ends ? 'end' : 'missing'} ${type.name}.${field.name}`, () =>
          reportMissing(type, field, given, available, trail, context),
        );
      } else {
        descend(field, shape, { type: type.name, available, trail });
      }
    }
  };
  function descend(
    field: GraphQLField<unknown, unknown>,
    shape: Parameters<typeof objectsOf>[0],
    parent: NonNullable<Trail['parent']>,
  ): void {
    const named = getNamedType(field.type);
    if (!isCompositeType(named)) return;
    const isList = hasList(field.type);
    const { path, many } = parent.trail;
    const next = {
      path: `${path}.${field.name}${isList ? '[]' : ''}`,
      many: many || isList,
      // What a connector of the field's own gives begins anew.
      parent: context.fields.has(`${parent.type}.${field.name}`) ? undefined : parent,
    };
    for (const object of objectsOf(shape) ?? []) {
      for (const type of typesOf(object, named, context.schema)) later({ type, given: object, trail: next });
    }
  }
  return visit;
}

function hasList(type: GraphQLOutputType): boolean {
  if (isNonNullType(type)) return hasList(type.ofType);
  return isListType(type);
}

function typesOf(
  object: ObjectShape,
  named: ReturnType<typeof getNamedType>,
  schema: GraphQLSchema,
): readonly GraphQLObjectType[] {
  if (isObjectType(named)) return [named];
  if (!isAbstractType(named)) return [];
  const names = typeNamesOf(object);
  const possible = schema.getPossibleTypes(named);
  return names === undefined ? possible : possible.filter(({ name }) => names.includes(name));
}

function warnOfMany(
  { built, field }: CalledConnector,
  type: GraphQLObjectType,
  trail: Trail,
  report: Report,
): void {
  const { connector, mode } = built;
  if (connector.service === undefined) return;
  const where = field === undefined ? trail.path : `${trail.path}.${field}`;
  const advice =
    mode === 'single'
      ? 'with $batch instead of $this one call would do for all'
      : `a connector with $batch on the type ${type.name} would do with one call for all`;
  report(
    warningAt(
      connector.position,
      `${connector.coordinate} is called once for each item of ${where}; ${advice}`,
    ),
  );
}

function reportMissing(
  type: GraphQLObjectType,
  field: GraphQLField<unknown, unknown>,
  given: ObjectShape,
  available: Availability,
  trail: Trail,
  context: ReachContext,
): void {
  const own = context.fields.get(`${type.name}.${field.name}`) ?? [];
  if (context.mayBeResolved && own.length === 0) return;
  if (own.length > 0) {
    for (const { at, message } of describeMissing(type, field.name, own, available, context)) {
      context.report(errorAt(at, message));
    }
    return;
  }
  const definition = field.astNode ? positionOf(field.astNode) : undefined;
  const origin = originOf(given);
  if (origin !== undefined && endsRecursion(type, field, trail)) {
    context.report(
      warningAt(origin, `${type.name}.${field.name} is null for ${trail.path}: the selection goes no deeper`),
    );
    return;
  }
  if (origin === undefined || !isGivenElsewhere(type, field.name, context)) {
    report(
      definition,
      `nothing resolves ${type.name}.${field.name}: no connector selects it, and it has no @connect`,
    );
    return;
  }
  report(
    origin,
    `nothing resolves ${type.name}.${field.name} for ${trail.path}: ${adviceFor(type, field.name, available, context)}`,
  );
  function report(at: Position | undefined, message: string): void {
    if (at !== undefined) context.report(errorAt(at, message));
  }
}

/**
 * A tree, such as comments and the answers to them, has no end in the types, but every selection has one: there a
 * field is null that the same type has further up.
 */
function endsRecursion(
  type: GraphQLObjectType,
  field: GraphQLField<unknown, unknown>,
  trail: Trail,
): boolean {
  if (isNonNullType(field.type) || !isCompositeType(getNamedType(field.type))) return false;
  return [...ancestorsOf(type, trail)].some(({ available }) => available.fields.has(field.name));
}

/** The objects of the same type, within the same selection, that an object is in. */
function* ancestorsOf(type: GraphQLObjectType, { parent }: Trail): Generator<NonNullable<Trail['parent']>> {
  for (let above = parent; above !== undefined; above = above.trail.parent) {
    if (above.type === type.name) yield above;
  }
}

/** A key that is missing, if that is all; else a connector. */
function adviceFor(
  type: GraphQLObjectType,
  field: string,
  available: Availability,
  context: ReachContext,
): string {
  const ways = context.entities.get(type.name)?.connectors ?? [];
  const way = ways.find(({ connector }) => shapeHas(connector.provides, [field]));
  const missing = way?.key.find((path) => !hasPath(available.fields, path));
  if (way === undefined || missing === undefined) {
    return `select it here, or give ${type.name} a @connect that fetches it by key`;
  }
  return `${way.connector.coordinate} would give it, but needs "${missing.join('.')}", which is not given here`;
}

/** True if some other way to the type gives the field, so that the fault is this way's. */
function isGivenElsewhere(type: GraphQLObjectType, field: string, context: ReachContext): boolean {
  const built = [...context.fields.values()].flat();
  if (built.some(({ connector }) => givesSomewhere(connector.provides, field))) return true;
  const entity = context.entities.get(type.name);
  return entity?.connectors.some(({ connector }) => givesSomewhere(connector.provides, field)) ?? false;
}

function givesSomewhere(shape: Parameters<typeof objectsOf>[0], field: string): boolean {
  return (objectsOf(shape) ?? []).some(
    ({ fields }) =>
      fields.has(field) || [...fields.values()].some((inner) => givesSomewhere(inner.shape, field)),
  );
}
