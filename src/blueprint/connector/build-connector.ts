import { GraphQLList, type GraphQLOutputType, type GraphQLSchema, isObjectType } from 'graphql';
import type { ForbiddenHeaders } from '../../config/check/check-headers.ts';
import { defaultService, type ServiceConfig } from '../../config/schema/service.ts';
import { errorAt, type Report, type SdlText } from '../../connect/directive/sdl-text.ts';
import type { Mapping, Shape, VariableUse } from '../../connect/mapping/mapping.ts';
import type { UrlTemplate } from '../../connect/template/url-template.ts';
import type { JsonObject } from '../../kernel/json.ts';
import { suggestion } from '../../kernel/problem.ts';
import type { Connector } from '../blueprint.ts';
import { type Environment, staticVariables } from './bind-mapping.ts';
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
}

/** Compiles and checks one `@connect`; undefined if it can't be used, for reasons that are reported. */
export function buildConnector(placed: PlacedConnect, context: ConnectorContext): BuiltConnector | undefined {
  const { directive, coordinate } = placed;
  const { schema, report } = context;
  const target = findTarget(placed, context);
  const config: JsonObject = target?.config ?? {};
  const texts = createTextCompiler(directive.version, {
    schema,
    owner: ownerOf(placed, schema),
    hasAnswer: directive.http !== undefined,
    config,
    env: context.env,
    report,
  });
  checkElement(placed, schema, report);
  const located =
    directive.http === undefined ? undefined : locate(placed, directive.http.url, target, texts, context);
  const built =
    directive.http === undefined || located === undefined
      ? undefined
      : buildRequest({
          http: directive.http,
          url: located.url,
          source: target?.source,
          texts,
          config,
          env: context.env,
          coordinate,
          forbidden: context.forbidden,
          report,
        });
  const selection = texts.mapping(directive.selection, 'selection', 'response');
  const answer = buildAnswer(placed, target?.source, texts, report);
  if (selection === undefined || (directive.http !== undefined && located === undefined)) return undefined;
  const mode = modeOf(placed, built, selection, report);
  const type = schema === undefined ? undefined : outputType(placed, schema, mode);
  const provides: Shape =
    schema === undefined || type === undefined
      ? UNKNOWN
      : checkSelection(selection.shape, type, { schema, text: directive.selection, report });
  const requestUses = built?.uses ?? [];
  const connector: Connector = {
    coordinate,
    id: directive.id,
    position: directive.at,
    service: located?.service,
    request: built?.request,
    selection,
    provides,
    isSuccess: answer.isSuccess,
    errors: answer.errors,
    maxBatch: directive.maxBatch?.value,
    uses: [...requestUses, ...selection.uses, ...answer.uses],
  };
  return { placed, connector, requestUses, placedUses: texts.uses, mode };
}

interface Target {
  /** Undefined: faulty or not known. */
  readonly service: string | undefined;
  readonly source: SourceBlueprint | undefined;
  readonly config: JsonObject;
}

function findTarget(
  { directive }: PlacedConnect,
  { sources, services, report }: ConnectorContext,
): Target | undefined {
  const { source: text } = directive;
  if (text === undefined) return undefined;
  const source = sources.get(text.value);
  const service = services.get(text.value);
  if (source === undefined && service === undefined) {
    const names = [...sources.keys(), ...services.keys()];
    report(
      errorAt(text.at, `there is no source or service "${text.value}".${suggestion(text.value, names)}`),
    );
  }
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
  { directive, field }: PlacedConnect,
  request: BuiltRequest | undefined,
  selection: Mapping,
  report: Report,
): BuiltConnector['mode'] {
  if (field !== undefined) return 'field';
  const uses = [...(request?.uses ?? []), ...selection.uses];
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
  return batch ? 'batch' : 'single';
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

interface Answer {
  readonly isSuccess: Mapping | undefined;
  readonly errors: Connector['errors'];
  readonly uses: readonly VariableUse[];
}

/** What is to be made of an answer beside its selection: the connector's own rules before the source's. */
function buildAnswer(
  { directive }: PlacedConnect,
  source: SourceBlueprint | undefined,
  texts: TextCompiler,
  report: Report,
): Answer {
  const ownSuccess = texts.mapping(directive.isSuccess, 'expression', 'response');
  const ownMessage = texts.mapping(directive.errors.message, 'expression', 'response');
  const ownExtensions = texts.mapping(directive.errors.extensions, 'selection', 'response');
  if (ownSuccess !== undefined && directive.isSuccess !== undefined)
    checkBoolean(ownSuccess, directive.isSuccess, report);
  if (directive.http === undefined) {
    if (directive.source !== undefined)
      report(errorAt(directive.source.at, 'a connector without http calls nobody; remove the source'));
    for (const text of [directive.isSuccess, directive.errors.message, directive.errors.extensions]) {
      if (text !== undefined)
        report(errorAt(text.at, 'a connector without http makes no call that could fail'));
    }
  }
  const isSuccess = ownSuccess ?? source?.isSuccess;
  const message = ownMessage ?? source?.errors.message;
  const extensions = joinObjects(source?.errors.extensions, ownExtensions);
  const uses = [isSuccess, message, extensions].flatMap((mapping) => mapping?.uses ?? []);
  return { isSuccess, errors: { message, extensions }, uses };
}

function checkBoolean({ shape }: Mapping, text: SdlText, report: Report): void {
  const isOther = shape.kind === 'object' || shape.kind === 'list';
  const isLiteral = shape.kind === 'literal' && typeof shape.value !== 'boolean';
  if (isOther || isLiteral) report(errorAt(text.at, 'isSuccess must give true or false'));
}

/** Both objects in one, the second's properties before the first's. */
function joinObjects(first: Mapping | undefined, second: Mapping | undefined): Mapping | undefined {
  if (first === undefined || second === undefined) return second ?? first;
  return {
    source: second.source,
    shape: UNKNOWN,
    uses: [...first.uses, ...second.uses],
    evaluate(input, variables, observe) {
      const base = first.evaluate(input, variables, observe);
      const own = second.evaluate(input, variables, observe);
      const isObject = (value: unknown): value is JsonObject =>
        typeof value === 'object' && value !== null && !Array.isArray(value);
      return isObject(base) && isObject(own) ? { ...base, ...own } : (own ?? base);
    },
  };
}
