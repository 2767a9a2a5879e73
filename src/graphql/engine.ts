import type { Blueprint } from '../blueprint/blueprint.ts';
import { buildDefaultLimit } from '../blueprint/policy/build-limit.ts';
import type { Entry } from '../guard/inbound.ts';
import { type Audit, noAudit } from '../kernel/audit-event.ts';
import type { Clock } from '../kernel/clock.ts';
import { ConfigurationError } from '../kernel/configuration-error.ts';
import type { JsonObject } from '../kernel/json.ts';
import type { Scope } from '../kernel/scope.ts';
import type { Counters } from '../limits/counters.ts';
import { MemoryCounters } from '../limits/memory-counters.ts';
import type { Upstream } from '../upstream/upstream.ts';
import { compileSchema } from './compile-schema.ts';
import { createCrossSiteCheck } from './cross-site.ts';
import type { LoadedResolvers } from './custom-resolver.ts';
import { createDocuments } from './document/documents.ts';
import { createPersistedDocuments, type PersistedDocuments } from './document/persisted-documents.ts';
import { createDocumentCache, createOwnDocuments } from './document-cache.ts';
import { createDoor, createRenderError } from './door.ts';
import { createExecutor } from './executor.ts';
import { createCountField } from './field-limit.ts';
import { createRunWish, createWish } from './join-operations.ts';
import { createFindOperation } from './known-operation.ts';
import { createOperationLimits } from './limit/operation-limits.ts';
import { checkResolvers } from './load-resolvers.ts';
import { OperationAnswer } from './operation-answer.ts';
import { findFacts } from './operation-facts.ts';
import { createPlanExecutor } from './plan/plan-executor.ts';
import { type ErrorLog, renderRequestError } from './render-error.ts';
import { createRunOperation, faultsOf } from './run-operation.ts';
import { createShortWay } from './short-way.ts';
import { createGraphqlServer } from './yoga.ts';

/** The GraphQL side of one runtime. */
export interface GraphqlEngine {
  /** For `graphql.path`: GraphQL over HTTP, and GraphiQL. */
  readonly entry: Entry;
  /** Runs an operation in-process; the answer is as a client may see it. Never rejects. */
  execute(request: OperationRequest, scope: Scope): Promise<OperationAnswer>;
  dispose(): Promise<void>;
}

export interface OperationRequest {
  readonly document: string;
  readonly operationName?: string;
  readonly variables?: JsonObject;
}

export interface GraphqlEngineOptions {
  readonly upstreams: ReadonlyMap<string, Upstream>;
  readonly clock: Clock;
  readonly logger: ErrorLog;
  /** From `loadResolvers`. */
  readonly resolvers?: LoadedResolvers;
  /** What `auto` means: GraphiQL and introspection are on in development. */
  readonly development: boolean;
  /** What mappings see as `$env`. */
  readonly env: JsonObject;
  /** Hears of fields that a caller is refused; absent: nobody does. */
  readonly audit?: Audit;
  /** What fields with a limit are counted by; absent: in this engine alone. */
  readonly counters?: Counters;
  /** What clients have sent with its hash; absent: kept for as long as this engine lives. */
  readonly persisted?: PersistedDocuments;
  /** False: every request goes through the GraphQL server, to be compared with. */
  readonly shortWay?: boolean;
}

/**
 * Makes a blueprint's GraphQL live. Throws a `ConfigurationError` if the resolvers do not fit the schema,
 * an `Error` if the blueprint has no GraphQL.
 */
export function createGraphqlEngine(blueprint: Blueprint, options: GraphqlEngineOptions): GraphqlEngine {
  const { graphql, config, services } = blueprint;
  if (graphql === undefined || config.graphql === undefined) throw new Error('The blueprint has no GraphQL');
  const { upstreams, env, logger, development } = options;
  const settings = config.graphql;
  const mask = settings.maskErrors;
  const introspection = decide(settings.introspection, development);
  // A page that may send nothing is of no use, unless somebody asks for it.
  const graphiql = decide(settings.graphiql, development && !graphql.trusted.only);
  const faults = options.resolvers === undefined ? [] : checkResolvers(options.resolvers, graphql.schema);
  if (faults.length > 0) throw new ConfigurationError(faults);
  const tellsCaller = Object.keys(config.auth.forward).length > 0;
  const compiled = compileSchema(graphql, options.resolvers?.fields ?? new Map());
  const counters = options.counters ?? new MemoryCounters(options.clock);
  const countField = createCountField({ counters, clock: options.clock });
  const host = { compiled, upstreams, services, env, countField };
  const executor = createPlanExecutor(host, createExecutor(host, { hideSuggestions: !introspection }));
  const findOperation = createFindOperation(
    (operation, fragments) => findFacts(operation, fragments, { compiled, services, tellsCaller }),
    { join: settings.dedupe },
  );
  const limits = createOperationLimits({ limits: settings.limits, compiled, costs: graphql.costs });
  const looks = { introspection, hideSuggestions: !introspection };
  const prepare = createDocumentCache(graphql.schema, { ...looks, limits });
  // How the operator writes documents is nobody else's business; what their variables make of them is.
  const prepareOwn = createOwnDocuments(prepare, limits, createDocumentCache(graphql.schema, looks));
  const documents = createDocuments({
    trusted: graphql.trusted,
    persisted: options.persisted ?? createPersistedDocuments(undefined),
    prepare,
    prepareTrusted: prepareOwn,
  });
  const run = createRunOperation({
    schema: graphql.schema,
    executor,
    limits,
    mask,
    logger,
    audit: options.audit ?? noAudit,
  });
  const runWish = createRunWish(run);
  const { path } = settings;
  const server = createGraphqlServer({
    path,
    schema: graphql.schema,
    documents,
    run,
    graphiql,
    mask,
    logger,
  });
  const shortWay = options.shortWay === false ? undefined : createShortWay({ documents, findOperation });
  return {
    entry: {
      label: path,
      auth: settings.auth,
      roles: [],
      scopes: [],
      limit: buildDefaultLimit(config, path),
      door: createDoor({
        server,
        path,
        shortWay,
        run: runWish,
        bodyLimit: config.server.bodyLimit,
        graphiql,
        checkSite: createCrossSiteCheck(config.server.cors.origins),
      }),
      renderError: createRenderError({ mask, logger }),
    },
    async execute({ document: text, operationName, variables }, scope) {
      const prepared = prepareOwn(text);
      const faults = faultsOf(prepared);
      if (faults.length > 0 || prepared.document === undefined) {
        const render = { requestId: scope.requestId, mask, logger };
        return new OperationAnswer({ errors: faults.map((fault) => renderRequestError(fault, render)) });
      }
      const operation = findOperation(prepared.document, operationName);
      return operation === undefined
        ? run({ document: prepared.document, operationName, variables, scope })
        : new Promise((receive, fail) => {
            runWish(createWish(operation, variables), scope, { receive, fail });
          });
    },
    dispose: async () => server.dispose(),
  };
}

function decide(setting: boolean | 'auto', development: boolean): boolean {
  return setting === 'auto' ? development : setting;
}
