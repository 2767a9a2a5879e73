import {
  type GraphQLField,
  type GraphQLInputType,
  type GraphQLNamedType,
  type GraphQLOutputType,
  type GraphQLSchema,
  getNamedType,
  isAbstractType,
  isInputObjectType,
  isListType,
  isNonNullType,
  isObjectType,
} from 'graphql';
import { errorAt, positionOf, type Report } from '../../connect/directive/sdl-text.ts';
import type { VariableUse } from '../../connect/mapping/mapping.ts';
import { type Position, suggestion } from '../../kernel/problem.ts';
import type { EntityBlueprint, EntityConnector } from '../blueprint.ts';
import { watchReport } from '../watch-report.ts';
import { type BuiltConnector, isRootType } from './build-connector.ts';
import { objectsOf } from './provided-shape.ts';

export type Key = readonly (readonly string[])[];

/**
 * Which object types can be fetched by key, and how; what makes a connector unfit for it is reported. Types whose
 * connector is unfit are added to `doubtful`.
 */
export function buildEntities(
  connectors: readonly BuiltConnector[],
  schema: GraphQLSchema,
  doubtful: Set<string>,
  report: Report,
): ReadonlyMap<string, EntityBlueprint> {
  const entities = new Map<string, EntityConnector[]>();
  const add = (typeName: string, entity: EntityConnector) => {
    entities.set(typeName, [...(entities.get(typeName) ?? []), entity]);
  };
  for (const built of connectors) {
    const { placed, connector } = built;
    if (built.mode === 'field') {
      const key =
        placed.directive.entity?.value === true ? fieldKey(built, schema, doubtful, report) : undefined;
      for (const typeName of key?.types ?? []) {
        add(typeName, { connector, mode: 'args', key: key?.paths ?? [] });
      }
    } else if (!isRootType(placed.typeName, schema)) {
      const key = keyOf(built);
      if (!built.isFaulty) checkTypeKey(built, key, report);
      if (key.length > 0) add(placed.typeName, { connector, mode: built.mode, key });
    }
  }
  return new Map([...entities].map(([typeName, list]) => [typeName, { typeName, connectors: list }]));
}

/** The key that a field with `entity: true` fetches by; without a usable one, what it gives is in doubt. */
function fieldKey(
  built: BuiltConnector,
  schema: GraphQLSchema,
  doubtful: Set<string>,
  report: Report,
): FieldKey | undefined {
  const watched = watchReport(built.isFaulty ? () => {} : report);
  const key = checkEntityField(built, schema, watched.report);
  if (watched.failed()) for (const typeName of typesGiven(built, schema)) doubtful.add(typeName);
  return key;
}

/** The object types that a field of Query may give one of. */
function typesGiven({ placed }: BuiltConnector, schema: GraphQLSchema): readonly string[] {
  const field = schema.getQueryType()?.getFields()[placed.field?.name.value ?? ''];
  const named = field === undefined ? undefined : getNamedType(field.type);
  if (isAbstractType(named)) return schema.getPossibleTypes(named).map(({ name }) => name);
  return isObjectType(named) ? [named.name] : [];
}

/** The fields of the entity that a type's connector looks at, each path once. */
export function keyOf({ connector, requestUses, mode }: BuiltConnector): Key {
  const variable = mode === 'batch' ? '$batch' : '$this';
  return distinctPaths([...requestUses, ...connector.selection.uses], variable);
}

export function distinctPaths(uses: readonly VariableUse[], variable: '$this' | '$batch' | '$args'): Key {
  const paths = uses
    .filter((use) => use.variable === variable && use.path.length > 0)
    .map(({ path }) => path);
  return [...new Map(paths.map((path) => [path.join('.'), path])).values()];
}

function checkTypeKey({ placed, connector, mode }: BuiltConnector, key: Key, report: Report): void {
  const { directive, typeName } = placed;
  const usesKey = connector.uses.some(({ variable }) => variable === '$this' || variable === '$batch');
  if (key.length === 0 && !usesKey) {
    report(
      errorAt(directive.at, `nothing says which ${typeName} to fetch: use $this or $batch, as in $batch.id`),
    );
  }
  if (mode !== 'batch') return;
  for (const path of key) {
    if (provides(connector.provides, path)) continue;
    report(
      errorAt(
        directive.selection.at,
        `the selection must give "${path.join('.')}" too, so that each ${typeName} of the answer finds its place`,
      ),
    );
  }
}

function provides(shape: BuiltConnector['connector']['provides'], path: readonly string[]): boolean {
  const [name, ...rest] = path;
  if (name === undefined) return true;
  const objects = objectsOf(shape);
  if (objects === undefined) return true;
  return (
    objects.length > 0 &&
    objects.every(({ fields }) => {
      const field = fields.get(name);
      return field !== undefined && provides(field.shape, rest);
    })
  );
}

interface FieldKey {
  readonly types: readonly string[];
  readonly paths: Key;
}

/** `entity: true` on a root field: the arguments are the key, by name and type. */
function checkEntityField(
  { placed }: BuiltConnector,
  schema: GraphQLSchema,
  report: Report,
): FieldKey | undefined {
  const { directive, typeName, field: node } = placed;
  const at = directive.entity?.at ?? directive.at;
  const query = schema.getQueryType();
  const field = query?.getFields()[node?.name.value ?? ''];
  if (query?.name !== typeName || field === undefined) {
    report(errorAt(at, 'entity: true stands only on fields of Query'));
    return undefined;
  }
  const named = getNamedType(field.type);
  const isList = isListType(isNonNullType(field.type) ? field.type.ofType : field.type);
  if (isList || isNonNullType(field.type) || !(isObjectType(named) || isAbstractType(named))) {
    report(
      errorAt(
        at,
        `entity: true needs a field that gives one object or null, and ${typeName}.${field.name} gives ${String(field.type)}`,
      ),
    );
    return undefined;
  }
  if (field.args.length === 0) {
    report(errorAt(at, `entity: true needs arguments: they are the key, as in ${field.name}(id: ID!)`));
    return undefined;
  }
  const types = isObjectType(named) ? [named] : schema.getPossibleTypes(named);
  const walk = createKeyWalk(field, report);
  const paths = field.args.flatMap((argument) =>
    walk(argument.name, argument.type, types, [], argument.astNode ? positionOf(argument.astNode) : at),
  );
  return { types: types.map(({ name }) => name), paths };
}

type KeyWalk = (
  name: string,
  input: GraphQLInputType,
  owners: readonly GraphQLNamedType[],
  before: readonly string[],
  at: Position,
) => (readonly string[])[];

/** Goes along an argument and the fields of the same names, and gives the paths of the leaves. */
function createKeyWalk(field: GraphQLField<unknown, unknown>, report: Report): KeyWalk {
  const walk: KeyWalk = (name, input, owners, before, at) => {
    const found = owners.flatMap((owner) => fieldOf(owner, name) ?? []);
    const [first] = found;
    const owner = owners.map((type) => type.name).join(' | ');
    if (first === undefined) {
      const known = owners.flatMap((type) => (isObjectType(type) ? Object.keys(type.getFields()) : []));
      report(
        errorAt(
          at,
          `with entity: true the arguments are the key, but ${owner} has no field "${name}".${suggestion(name, known)}`,
        ),
      );
      return [];
    }
    const inputType = getNamedType(input);
    const path = [...before, name];
    if (isInputObjectType(inputType)) {
      const next = found.map((type) => getNamedType(type)).filter((type) => isObjectType(type));
      const inner = Object.values(inputType.getFields());
      if (next.length === 0 || path.length > 10) return mismatch(name, inputType.name, first, owner, at);
      return inner.flatMap((one) =>
        walk(one.name, one.type, next, path, one.astNode ? positionOf(one.astNode) : at),
      );
    }
    const isSame =
      found.every((type) => getNamedType(type).name === inputType.name) && !isListType(stripNonNull(input));
    return isSame ? [path] : mismatch(name, String(input), first, owner, at);
  };
  function mismatch(name: string, given: string, wanted: GraphQLOutputType, owner: string, at: Position): [] {
    report(
      errorAt(
        at,
        `argument "${name}" of ${field.name} is ${given}, but ${owner}.${name}, which it is the key to, is ${String(wanted)}`,
      ),
    );
    return [];
  }
  return walk;
}

function stripNonNull(type: GraphQLInputType): GraphQLInputType {
  return isNonNullType(type) ? type.ofType : type;
}

function fieldOf(type: GraphQLNamedType, name: string): GraphQLOutputType | undefined {
  return isObjectType(type) ? type.getFields()[name]?.type : undefined;
}
