import type { GraphQLSchema } from 'graphql';
import { accountPaths, apiKeysPath, KEYS_PATH } from '../../config/account-path.ts';
import type { LoadedConfig } from '../../config/loaded-config.ts';
import type { Config } from '../../config/schema/config.ts';
import type { RouteConfig } from '../../config/schema/route.ts';
import { errorAt, type Report, warningAt } from '../../connect/directive/sdl-text.ts';
import { compileMapping } from '../../connect/mapping/compile-mapping.ts';
import type { Mapping, VariableName } from '../../connect/mapping/mapping.ts';
import { type Position, suggestion } from '../../kernel/problem.ts';
import type { PathPattern, RewritingBlueprint, RouteBlueprint } from '../blueprint.ts';
import { bindMapping, type Environment } from '../connector/bind-mapping.ts';
import { buildRouteLimit } from '../policy/build-limit.ts';
import { checkOperation } from './check-operation.ts';
import { areAmbiguous, hiddenMethods, orderRoutes } from './order-routes.ts';
import { buildPathPattern } from './path-pattern.ts';

export interface RouteContext {
  readonly loaded: LoadedConfig;
  readonly serviceNames: readonly string[];
  /** Undefined: there is none, or it is faulty. */
  readonly schema: GraphQLSchema | undefined;
  readonly env: Environment;
  readonly report: Report;
}

const REQUEST_VARIABLES: readonly VariableName[] = ['$request', '$user', '$env', '$id'];
const RESPONSE_VARIABLES: readonly VariableName[] = [...REQUEST_VARIABLES, '$response', '$status'];

/** The configuration's routes in order of precedence, with their mappings compiled; every fault is reported. */
export function buildRoutes(context: RouteContext): RouteBlueprint[] {
  const { config } = context.loaded;
  const routes = config.routes.flatMap((route, index) => buildRoute(route, index, context) ?? []);
  const ordered = orderRoutes(routes);
  checkAgainstEachOther(ordered, context.report);
  checkEndpoints(ordered, config, context.report);
  return ordered;
}

function buildRoute(config: RouteConfig, index: number, context: RouteContext): RouteBlueprint | undefined {
  const { loaded, report, serviceNames } = context;
  const at = (...path: string[]) => loaded.positions.at(['routes', index, ...path]);
  const pattern = buildPathPattern(config.path);
  if ('fault' in pattern) {
    report(errorAt(at('path'), pattern.fault));
    return undefined;
  }
  if (config.service !== undefined && !serviceNames.includes(config.service)) {
    report(
      errorAt(
        at('service'),
        `there is no service "${config.service}".${suggestion(config.service, serviceNames)}`,
      ),
    );
  }
  if (config.operation !== undefined) {
    if (loaded.config.graphql === undefined)
      report(errorAt(at('operation'), 'an operation needs `graphql` in the configuration'));
    checkOperation(config.operation, pattern, context.schema, at('operation'), report);
  }
  const label = labelOf(config);
  return {
    label,
    config,
    position: at(),
    pattern,
    auth: config.auth ?? defaultAuth(loaded.config.auth),
    limit: buildRouteLimit(config, label, loaded.config),
    request: buildRewriting(config.request, REQUEST_VARIABLES, at('request', 'body'), context),
    response: buildRewriting(config.response, RESPONSE_VARIABLES, at('response', 'body'), context),
  };
}

function labelOf({ methods, host, path }: RouteConfig): string {
  const where = `${host ?? ''}${path}`;
  return methods === undefined ? where : `${methods.join(',')} ${where}`;
}

/** `required` once a caller has any way to prove who they are. */
export function defaultAuth(auth: Config['auth']): 'required' | 'optional' | 'none' {
  if (auth.default !== undefined) return auth.default;
  const provable =
    auth.jwt.length > 0 || auth.apiKeys.enabled || auth.accounts.enabled || auth.serviceKeys.keys.length > 0;
  return provable ? 'required' : 'none';
}

function buildRewriting(
  config: RouteConfig['request'],
  variables: readonly VariableName[],
  at: Position,
  context: RouteContext,
): RewritingBlueprint | undefined {
  if (config === undefined) return undefined;
  const body = config.body === undefined ? undefined : compileBody(config.body, variables, at, context);
  return { set: Object.entries(config.headers.set), remove: config.headers.remove, body };
}

function compileBody(
  text: string,
  allow: readonly VariableName[],
  at: Position,
  { env, report }: RouteContext,
): Mapping | undefined {
  const compiled = compileMapping(text, { version: '0.4', kind: 'selection', allow });
  for (const { severity, message, offset } of compiled.problems) {
    report({ severity, at, message: `${message} (at character ${offset + 1} of the mapping)` });
  }
  return compiled.value === undefined ? undefined : bindMapping(compiled.value, {}, env);
}

function checkAgainstEachOther(ordered: readonly RouteBlueprint[], report: Report): void {
  ordered.forEach((later, index) => {
    const before = ordered.slice(0, index);
    const twin = before.find((earlier) => areAmbiguous(earlier, later));
    if (twin !== undefined) {
      const [first, second] = inFileOrder(twin, later);
      report(
        errorAt(
          second.position,
          `${second.label} can't be told apart from ${first.label} at ${place(first.position)}`,
        ),
      );
      return;
    }
    for (const earlier of before) warnOfHidden(earlier, later, report);
  });
}

function warnOfHidden(earlier: RouteBlueprint, later: RouteBlueprint, report: Report): void {
  const hidden = hiddenMethods(earlier, later);
  if (hidden.length === 0) return;
  const what = hidden === 'all' ? 'is never reached' : `is not reached with ${hidden.join(', ')}`;
  const message = `${later.label} ${what}: ${earlier.label} at ${place(earlier.position)} comes first`;
  report(warningAt(later.position, message));
}

function inFileOrder(a: RouteBlueprint, b: RouteBlueprint): [RouteBlueprint, RouteBlueprint] {
  const first = a.position.line - b.position.line || a.position.column - b.position.column;
  return first <= 0 ? [a, b] : [b, a];
}

function place({ file, line, column }: Position): string {
  return `${file}:${line}:${column}`;
}

/** The gateway's own endpoints come first, so that a route on the same path would never be reached. */
function checkEndpoints(routes: readonly RouteBlueprint[], config: Config, report: Report): void {
  const { auth, health, graphql } = config;
  const endpoints = new Map<string, string>([
    [health.path, 'health.path'],
    [health.live, 'health.live'],
    [health.ready, 'health.ready'],
    ...health.aliases.map((alias) => [alias, 'health.aliases'] as const),
  ]);
  if (graphql !== undefined) endpoints.set(graphql.path, 'graphql.path');
  if (auth.accounts.enabled) {
    for (const path of accountPaths(auth.accounts.prefix)) endpoints.set(path, 'auth.accounts');
    endpoints.set(KEYS_PATH, 'auth.accounts');
  }
  if (auth.apiKeys.enabled) endpoints.set(apiKeysPath(auth.accounts.prefix), 'auth.apiKeys');
  for (const { pattern, position, label } of routes) {
    const owner = endpoints.get(literalPath(pattern));
    if (owner !== undefined)
      report(errorAt(position, `${label} is the gateway's own endpoint (${owner}); choose another path`));
  }
}

function literalPath({ segments, rest }: PathPattern): string {
  if (rest) return '';
  const parts = segments.map((segment) => ('literal' in segment ? segment.literal : undefined));
  return parts.includes(undefined) ? '' : `/${parts.join('/')}`;
}
