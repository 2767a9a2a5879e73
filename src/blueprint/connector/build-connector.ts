import { GraphQLList, type GraphQLOutputType, type GraphQLSchema, isObjectType } from 'graphql';
import type { ForbiddenHeaders } from '../../config/check/check-headers.ts';
import { defaultService, type ServiceConfig } from '../../config/schema/service.ts';
import type { ConnectHttp } from '../../connect/directive/connect-directive.ts';
import { errorAt, type Report, type SdlText } from '../../connect/directive/sdl-text.ts';
import type { Mapping, Shape, VariableUse } from '../../connect/mapping/mapping.ts';
import type { UrlTemplate } from '../../connect/template/url-template.ts';
import type { JsonObject } from '../../kernel/json.ts';
import type { Connector } from '../blueprint.ts';
import { watchReport } from '../watch-report.ts';
import { type Environment, staticVariables } from './bind-mapping.ts';
import { buildAnswer } from './build-answer.ts';
import { type BuiltRequest, buildRequest } from './build-request.ts';
import type { SourceBlueprint } from './build-source.ts';
import { checkSelection } from './check-selection.ts';
import type { VariableOwner } from './check-variables.ts';
import type { PlacedConnect } from './collect-connectors.ts';
import { createTextCompiler, type PlacedUse, type TextCompiler } from './compile-text.ts';
import { UNKNOWN } from './provided-shape.ts';

export interface ConnectorContext {
  /** Undefined: faulty; then only what needs no types is checked. */
  readonly schema: GraphQLSchema | undefined;
  readonly sources: ReadonlyMap<string, SourceBlueprint>;
  /** All services; those that only an absolute URL names are added. */
  readonly services: Map<string, ServiceConfig>;
  readonly env: Environment;
  readonly forbidden: ForbiddenHeaders;
  readonly report: Report;
}

/** A connector with what later checks need of it. */
export interface BuiltConnector {
  readonly placed: PlacedConnect;
  readonly connector: Connector;
  /** Of the request alone, for the key; offsets are of no use here. */
  readonly requestUses: readonly VariableUse[];
  /** Of all of its own texts, with their places. */
  readonly placedUses: readonly PlacedUse[];
  readonly mode: 'field' | 'batch' | 'single';
  /** Something is wrong with it and told of: what follows from that need not be. */
  readonly isFaulty: boolean;
}

/** Compiles and checks one `@connect`; undefined if it can't be used, for reasons that are reported. */
export function buildConnector(placed: PlacedConnect, given: ConnectorContext): BuiltConnector | undefined {
  const { directive, coordinate } = placed;
  const watched = watchReport(given.report);
  const context: ConnectorContext = { ...given, report: watched.report };
  const { schema, report } = context;
  const target = findTarget(placed, context);
  const texts = createTextCompiler(directive.version, {
    schema,
    owner: ownerOf(placed, schema),
    hasAnswer: directive.http !== undefined,
    config: target?.config ?? {},
    env: context.env,
    report,
  });
  checkElement(placed, schema, report);
  const call =
    directive.http === undefined ? undefined : buildCall(placed, directive.http, target, texts, context);
  const selection = texts.mapping(directive.selection, 'selection', 'response');
  const answer = buildAnswer(directive, target?.source, texts, report);
  if (selection === undefined || (directive.http !== undefined && call === undefined)) return undefined;
  const requestUses = call?.uses ?? [];
  const mode = modeOf(placed, requestUses, selection);
  // What it looks at is only worth a word if all of it could be read.
  if (!watched.failed()) checkMode(placed, requestUses, selection, report);
  const connector: Connector = {
    coordinate,
    id: directive.id,
    position: directive.at,
    service: call?.service,
    request: call?.request,
    selection,
    provides: buildProvides(placed, selection, mode, context),
    isSuccess: answer.isSuccess,
    errors: answer.errors,
    maxBatch: directive.maxBatch?.value,
    uses: [...requestUses, ...selection.uses, ...answer.uses],
  };
  return { placed, connector, requestUses, placedUses: texts.uses, mode, isFaulty: watched.failed() };
}

/** The request and the service that it goes to; undefined if there is no telling which, for a reason that is reported. */
function buildCall(
  placed: PlacedConnect,
  http: ConnectHttp,
  target: Target | undefined,
  texts: TextCompiler,
  context: ConnectorContext,
): (BuiltRequest & { readonly service: string }) | undefined {
  const located = locate(placed, http.url, target, texts, context);
  if (located === undefined) return undefined;
  const { env, forbidden, report } = context;
  const { coordinate } = placed;
  const config: JsonObject = target?.config ?? {};
  const source = target?.source;
  const built = buildRequest({
    http,
    url: located.url,
    source,
    texts,
    config,
    env,
    coordinate,
    forbidden,
    report,
  });
  return { ...built, service: located.service };
}

function buildProvides(
  placed: PlacedConnect,
  { shape }: Mapping,
  mode: BuiltConnector['mode'],
  { schema, report }: ConnectorContext,
): Shape {
  const type = schema === undefined ? undefined : outputType(placed, schema, mode);
  if (schema === undefined || type === undefined) return UNKNOWN;
  return checkSelection(shape, type, { schema, text: placed.directive.selection, report });
}

interface Target {
  /** Undefined: faulty or not known. */
  readonly service: string | undefined;
  readonly source: SourceBlueprint | undefined;
  readonly config: JsonObject;
}

function findTarget(
  { directive }: PlacedConnect,
  { sources, services }: ConnectorContext,
): Target | undefined {
  const { source: text } = directive;
  if (text === undefined) return undefined;
  const source = sources.get(text.value);
  const service = services.get(text.value);
  return {
    service: service === undefined ? undefined : text.value,
    source,
    config: service?.config ?? {},
  };
}

/** The URL and the service that it belongs to: the source's, or the one that an absolute URL names by its origin. */
function locate(
  { directive }: PlacedConnect,
  text: SdlText,
  target: Target | undefined,
  texts: TextCompiler,
  { services, env, report }: ConnectorContext,
): { readonly service: string; readonly url: UrlTemplate } | undefined {
  const url = texts.url(text, 'request');
  if (url === undefined) return undefined;
  if (directive.source !== undefined) {
    if (url.absolute)
      report(errorAt(text.at, 'a connector with a source gives a path only: the host comes from the source'));
    return target?.service === undefined || url.absolute ? undefined : { service: target.service, url };
  }
  if (!url.absolute) {
    report(errorAt(text.at, 'this URL names no host: give the connector a source, or write the whole URL'));
    return undefined;
  }
  const origin = url.renderOrigin(staticVariables(url.uses, {}, env) ?? {});
  if (origin === undefined) {
    report(errorAt(text.at, 'the host of this URL has a value that is not set or is no host name'));
    return undefined;
  }
  if (!services.has(origin)) services.set(origin, defaultService([origin]));
  return { service: origin, url };
}

function ownerOf({ typeName, field }: PlacedConnect, schema: GraphQLSchema | undefined): VariableOwner {
  if (field === undefined) return { kind: 'type', typeName };
  return { kind: 'field', typeName, fieldName: field.name.value, isRoot: isRootType(typeName, schema) };
}

/** Without a schema by the usual names. */
export function isRootType(typeName: string, schema: GraphQLSchema | undefined): boolean {
  if (schema === undefined) return ['Query', 'Mutation', 'Subscription'].includes(typeName);
  const roots = [schema.getQueryType(), schema.getMutationType(), schema.getSubscriptionType()];
  return roots.some((root) => root?.name === typeName);
}

/** Where a `@connect` may stand and what it may say there. */
function checkElement(
  { directive, typeName, field }: PlacedConnect,
  schema: GraphQLSchema | undefined,
  report: Report,
): void {
  const { entity, maxBatch } = directive;
  if (field === undefined) {
    if (isRootType(typeName, schema)) {
      report(
        errorAt(directive.at, `@connect can't stand on the root type ${typeName}; put it on its fields`),
      );
    }
    if (entity?.value === false)
      report(errorAt(entity.at, 'a connector on a type always fetches an entity; remove entity: false'));
    return;
  }
  if (typeName === (schema?.getSubscriptionType()?.name ?? 'Subscription')) {
    report(
      errorAt(
        directive.at,
        "@connect can't stand on fields of a subscription: an HTTP call gives one answer",
      ),
    );
  }
  if (maxBatch !== undefined) report(errorAt(maxBatch.at, 'batch goes with $batch, in @connect on a type'));
}

function modeOf(
  { field }: PlacedConnect,
  requestUses: readonly VariableUse[],
  selection: Mapping,
): BuiltConnector['mode'] {
  if (field !== undefined) return 'field';
  const uses = [...requestUses, ...selection.uses];
  return uses.some(({ variable }) => variable === '$batch') ? 'batch' : 'single';
}

function checkMode(
  { directive, field }: PlacedConnect,
  requestUses: readonly VariableUse[],
  selection: Mapping,
  report: Report,
): void {
  if (field !== undefined) return;
  const uses = [...requestUses, ...selection.uses];
  const batch = uses.some(({ variable }) => variable === '$batch');
  if (batch && uses.some(({ variable }) => variable === '$this')) {
    report(
      errorAt(
        directive.at,
        'a connector uses either $batch (many entities in one call) or $this (one), not both',
      ),
    );
  }
  if (!batch && directive.maxBatch !== undefined) {
    report(errorAt(directive.maxBatch.at, 'batch.maxSize has no effect: the connector does not use $batch'));
  }
}

function outputType(
  { typeName, field }: PlacedConnect,
  schema: GraphQLSchema,
  mode: BuiltConnector['mode'],
): GraphQLOutputType | undefined {
  const type = schema.getType(typeName);
  if (!isObjectType(type)) return undefined;
  if (field !== undefined) return type.getFields()[field.name.value]?.type;
  return mode === 'batch' ? new GraphQLList(type) : type;
}
