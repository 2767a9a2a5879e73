import type { Logger } from 'pino';
import type { Blueprint, RouteBlueprint } from '../blueprint/blueprint.ts';
import type { Door, RenderError } from '../guard/inbound.ts';
import type { Clock } from '../kernel/clock.ts';
import type { JsonObject } from '../kernel/json.ts';
import type { Upstream } from '../upstream/upstream.ts';
import { type CheckBody, compileBodySchema } from './body-schema.ts';
import { createOperationDoor, type ExecuteOperation, operationMethods } from './operation.ts';
import { createPassthroughDoor } from './passthrough.ts';
import { createRenderError } from './render-error.ts';
import { createRespondDoor } from './respond.ts';
import { compileRouteHeaders } from './route-headers.ts';
import type { TableRow } from './route-table.ts';

export interface RestOptions {
  /** By name: every service that a route names is there. */
  readonly upstreams: ReadonlyMap<string, Upstream>;
  /** Needed for `operation` routes only. */
  readonly execute?: ExecuteOperation;
  readonly clock: Clock;
  readonly logger: Pick<Logger, 'warn'>;
  /** What mappings see as `$env`; nothing if absent. */
  readonly env?: JsonObject;
}

export interface Rest {
  /** One per route, in order of precedence. */
  readonly rows: readonly TableRow[];
  /** The error format of the configuration; also for requests that no route fits. */
  readonly renderError: RenderError;
}

/**
 * Compiles the routes of a blueprint into doors. Throws an `Error` that names the route if one of them can't be:
 * a schema file that is not there, say, which could not be seen in the configuration alone.
 */
export function createRest(blueprint: Blueprint, options: RestOptions): Rest {
  const { format, unreachable } = blueprint.config.server.errors;
  const renderError = createRenderError({ format, unreachable });
  const rows = blueprint.routes.map((route) => {
    try {
      return createRow(route, blueprint, options, renderError);
    } catch (cause) {
      throw new Error(`route ${route.label}: ${cause instanceof Error ? cause.message : cause}`, { cause });
    }
  });
  return { rows, renderError };
}

function createRow(
  route: RouteBlueprint,
  blueprint: Blueprint,
  options: RestOptions,
  renderError: RenderError,
): TableRow {
  const { config, pattern, auth, label, limit } = route;
  const door = withRouteHeaders(createDoor(route, blueprint, options), config);
  const { roles, scopes } = config;
  const methods =
    config.methods ?? (config.operation === undefined ? undefined : operationMethods(config.operation));
  return {
    pattern,
    ...(methods === undefined ? {} : { methods }),
    ...(config.host === undefined ? {} : { host: config.host }),
    ...(config.header === undefined ? {} : { header: config.header }),
    entry: { label, auth, roles, scopes, limit, door, renderError },
  };
}

function withRouteHeaders(door: Door, config: RouteBlueprint['config']): Door {
  const setHeaders = compileRouteHeaders(config);
  if (!setHeaders) return door;
  return (inbound, scope, exchange) => {
    setHeaders(inbound.response);
    return door(inbound, scope, exchange);
  };
}

function createDoor(route: RouteBlueprint, blueprint: Blueprint, options: RestOptions): Door {
  const { config } = route;
  if (config.respond) return createRespondDoor(config.respond);
  const common = {
    route,
    checkBody: compileCheck(config, blueprint.folder),
    clock: options.clock,
    env: options.env ?? {},
  };
  if (config.service !== undefined) {
    const { bodyLimit, cors } = blueprint.config.server;
    const ownCors = cors.origins.length > 0;
    const upstream = options.upstreams.get(config.service);
    if (!upstream) throw new Error(`there is no service ${config.service}`);
    return createPassthroughDoor({ ...common, upstream, bodyLimit, ownCors, logger: options.logger });
  }
  const { execute } = options;
  const schema = blueprint.graphql?.schema;
  if (config.operation === undefined) throw new Error('it has no action');
  if (!execute || !schema) throw new Error('an operation needs a graphql section');
  return createOperationDoor({ ...common, document: config.operation, schema, execute });
}

function compileCheck({ schema }: RouteBlueprint['config'], folder: string): CheckBody | undefined {
  return schema === undefined ? undefined : compileBodySchema(schema, folder);
}
