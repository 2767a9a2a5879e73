import type { Blueprint } from '../../src/blueprint/blueprint.ts';
import { buildBlueprint } from '../../src/blueprint/build-blueprint.ts';
import { parseConfig } from '../../src/config/parse-config.ts';
import type { LoadedResolvers } from '../../src/graphql/custom-resolver.ts';
import type { PersistedDocuments } from '../../src/graphql/document/persisted-documents.ts';
import { createGraphqlEngine, type GraphqlEngine } from '../../src/graphql/engine.ts';
import type { Audit } from '../../src/kernel/audit-event.ts';
import { type Clock, systemClock } from '../../src/kernel/clock.ts';
import type { Principal } from '../../src/kernel/principal.ts';
import { formatProblem } from '../../src/kernel/problem.ts';
import { createUpstream } from '../../src/upstream/service.ts';
import type { Upstream } from '../../src/upstream/upstream.ts';
import { CALLER_HEADER, type GraphqlServer, startGraphqlServer } from './graphql-server.ts';
import { type MemoryLog, memoryLogger } from './memory-logger.ts';

export interface GatewayOptions {
  /** Put after a header that links to the Connect specification. */
  readonly sdl: string;
  /** By name: the base URL, or what `gateway.yaml` would say. */
  readonly services?: Readonly<Record<string, string | object>>;
  readonly graphql?: object;
  readonly server?: object;
  readonly resolvers?: LoadedResolvers;
  readonly development?: boolean;
  readonly clock?: Clock;
  readonly env?: Readonly<Record<string, string>>;
  /** Content of the file of trusted documents, and whether no others are answered. */
  readonly trusted?: { readonly documents: object; readonly only?: boolean };
  readonly persisted?: PersistedDocuments;
  /** False: every request goes through the GraphQL server. */
  readonly shortWay?: boolean;
  readonly audit?: Audit;
}

export interface Answer {
  readonly status: number;
  // What a test looks into is its own business.
  readonly body: {
    data?: Record<string, never>;
    errors?: GraphqlError[];
    extensions?: Record<string, unknown>;
  };
  readonly headers: Headers;
}

export interface GraphqlError {
  readonly message: string;
  readonly path?: readonly (string | number)[];
  readonly extensions: Readonly<Record<string, unknown>>;
}

export interface Gateway {
  readonly url: string;
  readonly engine: GraphqlEngine;
  readonly blueprint: Blueprint;
  readonly log: MemoryLog;
  /** POSTs an operation and reads the answer; `caller` is who asks. */
  query(document: string, options?: QueryOptions): Promise<Answer>;
  close(): Promise<void>;
}

export interface QueryOptions {
  readonly variables?: Record<string, unknown>;
  readonly operationName?: string;
  readonly caller?: Partial<Principal>;
  readonly headers?: Record<string, string>;
  readonly signal?: AbortSignal;
}

const LINK = `extend schema @link(url: "https://specs.apollo.dev/connect/v0.4", import: ["@source", "@connect"])\n`;

/** Configuration and SDL to a blueprint; throws with every problem if there is an error among them. */
export function testBlueprint(options: GatewayOptions): Blueprint {
  const { services = {}, graphql = {}, server = {}, env = {}, trusted } = options;
  const config = {
    services: Object.fromEntries(
      Object.entries(services).map(([name, of]) => [name, typeof of === 'string' ? plain(of) : of]),
    ),
    graphql: trusted
      ? { ...graphql, trustedDocuments: { file: 'documents.json', only: trusted.only ?? false } }
      : graphql,
    server,
  };
  const { loaded, problems } = parseConfig({ text: JSON.stringify(config), file: 'gateway.yaml', env });
  if (loaded === undefined) throw new Error(problems.map(formatProblem).join('\n'));
  const built = buildBlueprint({
    loaded,
    sdl: [{ file: 'schema.graphql', text: LINK + options.sdl }],
    env,
    trusted: trusted && { file: 'documents.json', text: JSON.stringify(trusted.documents) },
    ...(options.resolvers && { resolved: new Set(options.resolvers.fields.keys()) }),
  });
  if (built.blueprint === undefined) throw new Error(built.problems.map(formatProblem).join('\n'));
  return built.blueprint;
}

/** A service that is not tried again and never kept away from: what fails in a test fails at once. */
function plain(url: string): object {
  return { urls: [url], retry: { attempts: 0 } };
}

/** A GraphQL engine over real services, on a port of its own. */
export async function startGateway(options: GatewayOptions): Promise<Gateway> {
  const blueprint = testBlueprint(options);
  const log = memoryLogger();
  const clock = options.clock ?? systemClock;
  const upstreams = new Map<string, Upstream>();
  for (const [name, service] of blueprint.services) {
    upstreams.set(name, createUpstream(name, service, { clock, forward: blueprint.config.auth.forward }));
  }
  const engine = createGraphqlEngine(blueprint, {
    upstreams,
    clock,
    logger: log.logger,
    development: options.development ?? true,
    env: options.env ?? {},
    shortWay: options.shortWay ?? true,
    ...(options.persisted && { persisted: options.persisted }),
    ...(options.resolvers && { resolvers: options.resolvers }),
    ...(options.audit && { audit: options.audit }),
  });
  const server: GraphqlServer = await startGraphqlServer(engine.entry);
  return {
    url: server.url,
    engine,
    blueprint,
    log,
    query: (document, query = {}) => post(server.url, document, query),
    async close() {
      await server.close();
      await engine.dispose();
      await Promise.all([...upstreams.values()].map((upstream) => upstream.dispose()));
    },
  };
}

async function post(url: string, document: string, options: QueryOptions): Promise<Answer> {
  const { variables, operationName, caller, headers, signal } = options;
  const response = await fetch(url, {
    method: 'POST',
    headers: {
      'content-type': 'application/json',
      accept: 'application/graphql-response+json',
      ...(caller && { [CALLER_HEADER]: JSON.stringify(caller) }),
      ...headers,
    },
    body: JSON.stringify({ query: document, variables, operationName }),
    ...(signal && { signal }),
  });
  return {
    status: response.status,
    body: (await response.json()) as Answer['body'],
    headers: response.headers,
  };
}
