import { type EventEmitter, once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { execute, type GraphQLSchema, parse } from 'graphql';
import type { Blueprint } from '../../src/blueprint/blueprint.ts';
import { buildRoutes } from '../../src/blueprint/route/build-routes.ts';
import type { LoadedConfig } from '../../src/config/loaded-config.ts';
import { parseConfig } from '../../src/config/parse-config.ts';
import { createGuard } from '../../src/guard/create-guard.ts';
import { GatewayRequest } from '../../src/guard/gateway-request.ts';
import { GatewayResponse } from '../../src/guard/gateway-response.ts';
import { type Clock, systemClock } from '../../src/kernel/clock.ts';
import { formatProblem, type Problem } from '../../src/kernel/problem.ts';
import { createRest } from '../../src/rest/create-rest.ts';
import type { ExecuteOperation } from '../../src/rest/operation.ts';
import { createRouteTable } from '../../src/rest/route-table.ts';
import { createUpstream } from '../../src/upstream/service.ts';
import { memoryLogger } from './memory-logger.ts';

export interface RestDoorOptions {
  /** Text of gateway.yaml. */
  readonly config: string;
  /** Where relative paths start. */
  readonly folder?: string;
  /** For `operation` routes: the schema, and what its root fields are resolved from. */
  readonly schema?: GraphQLSchema;
  readonly rootValue?: unknown;
  readonly clock?: Clock;
  readonly env?: Readonly<Record<string, string>>;
}

/** The REST door on a port of its own: configuration, guard, routes and upstreams as in a gateway, without GraphQL. */
export interface RestDoor {
  readonly url: string;
  readonly port: number;
  /** Lines of the log, parsed. */
  readonly log: readonly Record<string, unknown>[];
  close(): Promise<void>;
}

/** Starts the door; throws if the configuration has problems. */
export async function startRestDoor(options: RestDoorOptions): Promise<RestDoor> {
  const { clock = systemClock, env = {}, schema } = options;
  const loaded = load(options.config, env, options.folder);
  const blueprint = buildBlueprint(loaded, schema, env);
  const { logger, lines } = memoryLogger();
  const upstreams = new Map(
    [...blueprint.services].map(([name, config]) => [
      name,
      createUpstream(name, config, { clock, forward: loaded.config.auth.forward }),
    ]),
  );
  const run: ExecuteOperation = async (request) => {
    const { data, errors = [] } = await execute({
      schema: schema as GraphQLSchema,
      document: parse(request.document),
      rootValue: options.rootValue,
      variableValues: { ...request.variables },
    });
    const text = data === undefined ? undefined : JSON.stringify(data);
    return { data: text, errors, fallbacks: [], cause: errors[0]?.originalError };
  };
  const rest = createRest(blueprint, { upstreams, clock, logger, env, ...(schema && { execute: run }) });
  const guard = createGuard({
    server: loaded.config.server,
    findEntry: createRouteTable(rest.rows),
    verify: undefined,
    renderError: rest.renderError,
    phase: () => 'running',
    clock,
    logger,
  });
  const server = createServer({ IncomingMessage: GatewayRequest, ServerResponse: GatewayResponse });
  server.on('request', (request, response) => guard.accept(request, response));
  server.on('checkContinue', (request, response) => guard.acceptExpecting(request, response));
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    port,
    log: lines,
    close: async () => {
      await closeServer(server);
      await Promise.all([...upstreams.values()].map((upstream) => upstream.dispose()));
    },
  };
}

async function closeServer(
  server: EventEmitter & { close(): unknown; closeAllConnections(): void },
): Promise<void> {
  const closed = once(server, 'close');
  server.close();
  server.closeAllConnections();
  await closed;
}

function load(text: string, env: Readonly<Record<string, string>>, folder?: string): LoadedConfig {
  const { loaded, problems } = parseConfig({ text, file: 'gateway.yaml', env });
  if (!loaded) throw new Error(problems.map(formatProblem).join('\n'));
  return folder === undefined ? loaded : { ...loaded, folder };
}

function buildBlueprint(
  loaded: LoadedConfig,
  schema: GraphQLSchema | undefined,
  env: Readonly<Record<string, string>>,
): Blueprint {
  const { config } = loaded;
  const problems: Problem[] = [];
  const routes = buildRoutes({
    loaded,
    serviceNames: Object.keys(config.services),
    schema,
    env,
    report: (problem) => problems.push(problem),
  });
  const errors = problems.filter(({ severity }) => severity === 'error');
  if (errors.length > 0) throw new Error(errors.map(formatProblem).join('\n'));
  return {
    config,
    folder: loaded.folder,
    services: new Map(Object.entries(config.services)),
    graphql: schema && {
      schema,
      sdl: '',
      fields: new Map(),
      entities: new Map(),
      trusted: { byId: new Map(), only: false },
      costs: { types: new Map(), elements: new Map(), lists: new Map() },
    },
    routes,
    warnings: [],
  };
}
