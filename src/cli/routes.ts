import type { Command } from 'commander';
import type { Blueprint, RouteBlueprint } from '../blueprint/blueprint.ts';
import { type AccountEndpoint, accountPath, apiKeysPath, KEYS_PATH } from '../config/account-path.ts';
import { type ConfigOption, configCommand } from './config-option.ts';
import { readBlueprint } from './read-blueprint.ts';
import { print, printWarnings, table } from './report.ts';

interface RoutesOptions extends ConfigOption {
  readonly json?: true;
}

/** One line of the table; in JSON under these names. */
interface RouteRow {
  /** Empty: every method. */
  readonly methods: readonly string[];
  readonly path: string;
  readonly host: string | null;
  readonly version: string | null;
  readonly action: string;
  readonly service: string | null;
  readonly auth: string;
  readonly roles: readonly string[];
  readonly scopes: readonly string[];
  /** A limit's name, `inline`, or null for none. */
  readonly limit: string | null;
  readonly source: 'file' | 'gateway';
}

export function routesCommand(): Command {
  return configCommand('routes', 'print the effective routes, in the order in which they are tried', [
    'portico routes',
    "portico routes --json | jq '.[].path'",
  ])
    .option('--json', 'the table as JSON')
    .action(routes);
}

async function routes(options: RoutesOptions): Promise<void> {
  const { blueprint, warnings } = await readBlueprint(options.config);
  printWarnings(warnings);
  const rows = [...ownEndpoints(blueprint), ...blueprint.routes.map((route) => routeRow(route, blueprint))];
  if (options.json) return print(JSON.stringify(rows, null, 2));
  for (const line of table(['METHOD', 'PATH', 'ACTION', 'AUTH', 'LIMIT'], rows.map(cells))) print(line);
}

function cells(row: RouteRow): string[] {
  const demands = [
    ...row.roles.map((role) => `role ${role}`),
    ...row.scopes.map((scope) => `scope ${scope}`),
  ];
  return [
    row.methods.length === 0 ? '*' : row.methods.join(','),
    `${row.host ?? ''}${row.path}${row.version === null ? '' : ` (${row.version})`}`,
    row.action,
    demands.length === 0 ? row.auth : `${row.auth}: ${demands.join(' or ')}`,
    row.limit ?? '-',
  ];
}

function routeRow({ config, auth }: RouteBlueprint, { config: whole }: Blueprint): RouteRow {
  return {
    methods: config.methods ?? [],
    path: config.path,
    host: config.host ?? null,
    version: config.version ?? null,
    action: describeAction(config),
    service: config.service ?? null,
    auth,
    roles: config.roles,
    scopes: config.scopes,
    limit: limitName(config.limit, Object.keys(whole.limits)),
    source: 'file',
  };
}

function describeAction(route: RouteBlueprint['config']): string {
  if (route.service !== undefined) {
    return `service ${route.service}${route.rewrite === undefined ? '' : ` ${route.rewrite}`}`;
  }
  if (route.operation !== undefined) return `operation ${operationName(route.operation)}`.trim();
  if (route.publish !== undefined) return `publish ${route.publish.topic}`;
  return `respond ${route.respond?.status ?? ''}`.trim();
}

function operationName(document: string): string {
  return /\b(?:query|mutation)\s+([A-Za-z_]\w*)/.exec(document)?.[1] ?? '';
}

/** `default` applies to every route that says nothing else. */
function limitName(limit: RouteBlueprint['config']['limit'], names: readonly string[]): string | null {
  if (limit === false) return null;
  if (typeof limit === 'string') return limit;
  if (limit !== undefined) return 'inline';
  return names.includes('default') ? 'default' : null;
}

function ownEndpoints({ config }: Blueprint): RouteRow[] {
  const own = (
    path: string,
    action: string,
    methods: string[],
    auth: string,
    limit: string | null,
  ): RouteRow => {
    const rest = { host: null, version: null, service: null, roles: [], scopes: [] };
    return { methods, path, action, auth, limit, ...rest, source: 'gateway' };
  };
  const { auth, graphql, health } = config;
  const limit = limitName(undefined, Object.keys(config.limits));
  const accounts = auth.accounts.enabled ? accountEndpoints(auth.accounts) : [];
  const checks = [health.path, ...health.aliases, health.live, health.ready];
  return [
    ...checks.map((path) => own(path, 'health', ['GET', 'HEAD'], 'none', null)),
    ...(graphql === undefined ? [] : [own(graphql.path, 'graphql', ['GET', 'POST'], graphql.auth, limit)]),
    ...accounts.map(([method, path, auth]) =>
      own(path, 'account', method === 'GET' ? ['GET', 'HEAD'] : [method], auth, limit),
    ),
    ...(auth.apiKeys.enabled
      ? [
          own(apiKeysPath(auth.accounts.prefix), 'api keys', ['GET', 'HEAD', 'POST'], 'required', limit),
          own(`${apiKeysPath(auth.accounts.prefix)}/{id}`, 'api keys', ['DELETE'], 'required', limit),
        ]
      : []),
  ];
}

function accountEndpoints({
  prefix,
  registration,
}: Blueprint['config']['auth']['accounts']): [method: string, path: string, auth: string][] {
  const names: AccountEndpoint[] = registration ? ['register', 'login', 'refresh'] : ['login', 'refresh'];
  return [
    ...names.map((name): [string, string, string] => ['POST', accountPath(prefix, name), 'none']),
    ['POST', accountPath(prefix, 'logout'), 'required'],
    ['GET', accountPath(prefix, 'setup'), 'none'],
    ['POST', accountPath(prefix, 'setup'), 'none'],
    ['GET', KEYS_PATH, 'none'],
  ];
}
