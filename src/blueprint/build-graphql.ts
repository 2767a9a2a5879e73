import {
  type GraphQLField,
  type GraphQLSchema,
  getNamedType,
  getNullableType,
  isAbstractType,
  isObjectType,
  Kind,
  printSchema,
} from 'graphql';
import type { ForbiddenHeaders } from '../config/check/check-headers.ts';
import type { ServiceConfig } from '../config/schema/service.ts';
import { positionOf, type Report, warningAt } from '../connect/directive/sdl-text.ts';
import type { Position } from '../kernel/problem.ts';
import type { EntityBlueprint, FieldBlueprint, GraphqlBlueprint } from './blueprint.ts';
import type { Environment } from './connector/bind-mapping.ts';
import { type BuiltConnector, buildConnector } from './connector/build-connector.ts';
import { buildEntities } from './connector/build-entities.ts';
import { buildSource, type SourceBlueprint } from './connector/build-source.ts';
import { checkKeys } from './connector/check-keys.ts';
import { checkReach } from './connector/check-reach.ts';
import { checkSourceNames } from './connector/check-source-names.ts';
import { collectConnectors, elementOf } from './connector/collect-connectors.ts';
import { shapeHas } from './connector/find-available.ts';
import type { ReachContext } from './connector/reach-context.ts';
import { buildAccess } from './policy/build-access.ts';
import { buildCosts } from './policy/build-costs.ts';
import { buildFallback } from './policy/build-fallback.ts';
import { buildRateLimits } from './policy/build-rate-limits.ts';
import { buildSchema } from './schema/build-schema.ts';
import { type MergedSdl, mergeSdl } from './schema/merge-sdl.ts';
import { parseSdl, type SdlFile } from './schema/parse-sdl.ts';
import { watchReport } from './watch-report.ts';

export interface GraphqlInput {
  readonly sdl: readonly SdlFile[];
  readonly env: Environment;
  readonly forbidden: ForbiddenHeaders;
  /** Of the configuration; those that only the SDL names are added. */
  readonly services: Map<string, ServiceConfig>;
  /** Coordinates that resolvers in TypeScript give; `all` where that is not known. */
  readonly resolved: ReadonlySet<string> | 'all';
  /** For faults that belong to no line of the SDL. */
  readonly at: Position;
  readonly report: Report;
}

/** SDL → schema, connectors, entities, rules; undefined if it is too faulty to be of use. All faults are reported. */
export function buildGraphql(input: GraphqlInput): Omit<GraphqlBlueprint, 'trusted'> | undefined {
  const { sdl, report, services, env, forbidden } = input;
  const parsed = parseSdl(sdl, report);
  const merged = mergeSdl(
    parsed.files.flatMap(({ definitions }) => definitions),
    report,
  );
  // Where a file can't be read, what it defines would seem to be missing everywhere else.
  const built = parsed.complete ? buildSchema(merged, input.at, report) : undefined;
  const schema = built?.full;
  const collected = collectConnectors(parsed.files, merged, report);
  const sources = new Map<string, SourceBlueprint>();
  for (const source of collected.sources.values()) {
    const blueprint = buildSource(source, services.get(source.name), { env, forbidden, report });
    sources.set(source.name, blueprint);
    if (blueprint.service !== undefined) services.set(source.name, blueprint.service);
  }
  checkSourceNames(collected, services, report);
  const doubtful = new Set<string>(collected.faulty);
  const connectors = collected.connects.flatMap((placed) => {
    const watched = watchReport(report);
    const connector = buildConnector(placed, {
      schema,
      sources,
      services,
      env,
      forbidden,
      report: watched.report,
    });
    if (watched.failed() || connector === undefined) doubtful.add(elementOf(placed));
    return connector ?? [];
  });
  const access = buildAccess(merged, report);
  if (built === undefined || schema === undefined) return undefined;
  addFetched(doubtful, schema);
  const entities = buildEntities(connectors, schema, doubtful, report);
  const byField = groupByField(connectors);
  const reach = reachContext({ schema, byField, connectors, entities, doubtful }, input);
  checkReach(reach);
  checkKeys(merged, reach);
  const limits = buildRateLimits(merged, schema, report);
  const fields = buildFields({ merged, schema, byField, access, limits, entities, reach });
  const costs = buildCosts(merged, schema, report);
  return { schema: built.visible, sdl: printSchema(built.visible), fields, entities, costs };
}

function groupByField(connectors: readonly BuiltConnector[]): ReadonlyMap<string, readonly BuiltConnector[]> {
  const groups = new Map<string, BuiltConnector[]>();
  for (const built of connectors) {
    const { typeName, field } = built.placed;
    if (field === undefined) continue;
    const coordinate = `${typeName}.${field.name.value}`;
    groups.set(coordinate, [...(groups.get(coordinate) ?? []), built]);
  }
  return groups;
}

/** A faulty connector that may be one of `entity: true` leaves in doubt what can be had of the type that it fetches. */
function addFetched(doubtful: Set<string>, schema: GraphQLSchema): void {
  const query = schema.getQueryType();
  for (const field of Object.values(query?.getFields() ?? {})) {
    if (!doubtful.has(`${query?.name}.${field.name}`) || field.args.length === 0) continue;
    const type = getNullableType(field.type);
    const fetched = isAbstractType(type) ? schema.getPossibleTypes(type) : [type];
    for (const one of fetched) if (isObjectType(one)) doubtful.add(one.name);
  }
}

interface ReachParts {
  readonly schema: GraphQLSchema;
  readonly byField: ReachContext['fields'];
  readonly connectors: readonly BuiltConnector[];
  readonly entities: ReachContext['entities'];
  /** Elements (`Type`, `Type.field`) with a faulty connector, which would give who knows what. */
  readonly doubtful: ReadonlySet<string>;
}

function reachContext(parts: ReachParts, { resolved, report }: GraphqlInput): ReachContext {
  const { schema, byField, connectors, entities, doubtful } = parts;
  const byConnector = new Map(connectors.map((built) => [built.connector, built]));
  return {
    schema,
    fields: byField,
    entities,
    builtOf: (connector) => byConnector.get(connector),
    isResolved: (type, field) =>
      doubtful.has(type) ||
      doubtful.has(`${type}.${field}`) ||
      (resolved !== 'all' && resolved.has(`${type}.${field}`)),
    isDoubtful: (type) => doubtful.has(type),
    mayBeResolved: resolved === 'all',
    report,
  };
}

interface FieldsContext {
  readonly merged: MergedSdl;
  readonly schema: GraphQLSchema;
  readonly byField: ReadonlyMap<string, readonly BuiltConnector[]>;
  readonly access: ReadonlyMap<string, NonNullable<FieldBlueprint['access']>>;
  readonly limits: ReadonlyMap<string, FieldBlueprint['limits']>;
  readonly entities: ReadonlyMap<string, EntityBlueprint>;
  readonly reach: ReachContext;
}

function buildFields(context: FieldsContext): ReadonlyMap<string, FieldBlueprint> {
  const fields = new Map<string, FieldBlueprint>();
  for (const node of context.merged.types.values()) {
    if (node.kind !== Kind.OBJECT_TYPE_DEFINITION) continue;
    for (const field of node.fields ?? []) {
      const coordinate = `${node.name.value}.${field.name.value}`;
      const definition = fieldOf(context.schema, node.name.value, field.name.value);
      const connectors = (context.byField.get(coordinate) ?? []).map(({ connector }) => connector);
      const fallback = buildFallback(field, definition?.type, {
        schema: context.schema,
        report: context.reach.report,
        mutates: node.name.value === context.schema.getMutationType()?.name,
      });
      const access = context.access.get(coordinate);
      if (fallback !== undefined && !isCalledFor(node.name.value, field.name.value, context)) {
        context.reach.report(
          warningAt(positionOf(field), `@fallback has no effect: no call is made for ${coordinate} itself`),
        );
      }
      const limits = context.limits.get(coordinate) ?? [];
      const isPlain = connectors.length === 0 && fallback === undefined && access === undefined;
      if (isPlain && limits.length === 0) continue;
      fields.set(coordinate, { coordinate, connectors, fallback, access, limits });
    }
  }
  return fields;
}

/**
 * A field that only comes along with what holds it can't fail on its own. Where several connectors make up what holds
 * it, one of them may fail alone.
 */
function isCalledFor(type: string, field: string, context: FieldsContext): boolean {
  const { byField, entities, reach } = context;
  if (byField.has(`${type}.${field}`) || reach.mayBeResolved || reach.isResolved(type, field)) return true;
  if (isMadeUpOfSeveral(type, context)) return true;
  const ways = entities.get(type)?.connectors ?? [];
  return ways.some(({ connector }) => shapeHas(connector.provides, [field]));
}

function isMadeUpOfSeveral(type: string, { byField, schema }: FieldsContext): boolean {
  return [...byField].some(([coordinate, connectors]) => {
    const [parent = '', field = ''] = coordinate.split('.');
    const output = fieldOf(schema, parent, field)?.type;
    return connectors.length > 1 && output !== undefined && getNamedType(output).name === type;
  });
}

function fieldOf(
  schema: GraphQLSchema,
  type: string,
  field: string,
): GraphQLField<unknown, unknown> | undefined {
  const named = schema.getType(type);
  return isObjectType(named) ? named.getFields()[field] : undefined;
}
