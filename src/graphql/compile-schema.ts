import {
  type GraphQLAbstractType,
  type GraphQLField,
  type GraphQLNamedType,
  type GraphQLObjectType,
  type GraphQLSchema,
  getNamedType,
  isAbstractType,
  isObjectType,
} from 'graphql';
import type {
  AccessRule,
  Connector,
  FieldFallback,
  FieldLimit,
  GraphqlBlueprint,
} from '../blueprint/blueprint.ts';
import type { CustomField, CustomResolvers } from './custom-resolver.ts';
import { covers } from './provided.ts';
import { type Way, waysOf } from './way.ts';

/** All that is known of a field before any operation, in one place. */
export interface CompiledField {
  readonly coordinate: string;
  readonly name: string;
  readonly definition: GraphQLField<unknown, unknown>;
  readonly parent: GraphQLObjectType;
  /** Of the Mutation type itself: its calls are made each time, and what was read before them is forgotten. */
  readonly mutates: boolean;
  readonly connectors: readonly Connector[];
  readonly custom: CustomField | undefined;
  readonly fallback: FieldFallback | undefined;
  readonly access: AccessRule | undefined;
  readonly limits: readonly FieldLimit[];
  /** Its values can be fetched by key. */
  readonly returnsEntity: boolean;
}

/** The schema as the executor looks at it. Made once per blueprint. */
export interface CompiledSchema {
  readonly schema: GraphQLSchema;
  /** Undefined for the introspection fields. */
  field(type: GraphQLObjectType, name: string): CompiledField | undefined;
  /** Calls that bring more of an object of this type. */
  ways(type: GraphQLObjectType): readonly Way[];
  possibleTypes(type: GraphQLNamedType): readonly GraphQLObjectType[];
  /** Milliseconds for which a connector's good answers are kept: as long as any field may fall back on them. */
  staleOf(connector: Connector): number;
}

/** The blueprint's fields and the module's resolvers, by type and name. */
export function compileSchema(blueprint: GraphqlBlueprint, resolvers: CustomResolvers): CompiledSchema {
  const { schema } = blueprint;
  const fields = new Map<GraphQLObjectType, ReadonlyMap<string, CompiledField>>();
  const ways = new Map<GraphQLObjectType, readonly Way[]>();
  const roots = new Set<unknown>([
    schema.getQueryType(),
    schema.getMutationType(),
    schema.getSubscriptionType(),
  ]);
  for (const type of Object.values(schema.getTypeMap())) {
    if (!isObjectType(type) || type.name.startsWith('__')) continue;
    fields.set(type, compileFields(type, blueprint, resolvers));
    // The root has no parent whose fields could be looked at.
    if (!roots.has(type)) ways.set(type, waysOf(type, blueprint.entities.get(type.name), blueprint.fields));
  }
  return {
    schema,
    field: (type, name) => fields.get(type)?.get(name),
    ways: (type) => ways.get(type) ?? [],
    possibleTypes: (type) => possibleTypes(schema, type),
    staleOf: compileStale(blueprint, fields),
  };
}

function compileFields(
  type: GraphQLObjectType,
  blueprint: GraphqlBlueprint,
  resolvers: CustomResolvers,
): ReadonlyMap<string, CompiledField> {
  const compiled = new Map<string, CompiledField>();
  for (const definition of Object.values(type.getFields())) {
    const coordinate = `${type.name}.${definition.name}`;
    const own = blueprint.fields.get(coordinate);
    compiled.set(definition.name, {
      coordinate,
      name: definition.name,
      definition,
      parent: type,
      mutates: type === blueprint.schema.getMutationType(),
      connectors: own?.connectors ?? [],
      custom: resolvers.get(coordinate),
      fallback: own?.fallback,
      access: own?.access,
      limits: own?.limits ?? [],
      returnsEntity: isEntity(getNamedType(definition.type), blueprint),
    });
  }
  return compiled;
}

function isEntity(type: GraphQLNamedType, blueprint: GraphqlBlueprint): boolean {
  return possibleTypes(blueprint.schema, type).some((possible) => blueprint.entities.has(possible.name));
}

function possibleTypes(schema: GraphQLSchema, type: GraphQLNamedType): readonly GraphQLObjectType[] {
  if (isObjectType(type)) return [type];
  return isAbstractType(type) ? schema.getPossibleTypes(type as GraphQLAbstractType) : [];
}

function compileStale(
  blueprint: GraphqlBlueprint,
  fields: ReadonlyMap<GraphQLObjectType, ReadonlyMap<string, CompiledField>>,
): (connector: Connector) => number {
  const stale = new Map<Connector, number>();
  const raise = (connector: Connector, field: CompiledField) =>
    stale.set(connector, Math.max(stale.get(connector) ?? 0, field.fallback?.stale ?? 0));
  for (const [type, ofType] of fields) {
    const entity = blueprint.entities.get(type.name)?.connectors ?? [];
    for (const field of ofType.values()) {
      for (const connector of field.connectors) raise(connector, field);
      for (const { connector } of entity)
        if (covers(connector.provides, [field.name])) raise(connector, field);
    }
  }
  return (connector) => stale.get(connector) ?? 0;
}
