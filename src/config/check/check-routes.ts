import { suggestion } from '../../kernel/problem.ts';
import { valueAt } from '../describe-issue.ts';
import { type ParsedPath, parsePath } from '../path-pattern.ts';
import { type RouteConfig, routeSchema } from '../schema/route.ts';
import type { Path, Source } from '../source/source.ts';
import { NO_PROOF, type Provable } from './check-auth.ts';
import { checkHeaderRules, type ForbiddenHeaders } from './check-headers.ts';
import { type Finding, salvage } from './finding.ts';

const ACTIONS = ['service', 'operation', 'publish', 'respond'] as const;

export interface RouteContext {
  /** Names that the file gives, faulty entries included. */
  readonly services: readonly string[];
  readonly limits: readonly string[];
  readonly provable: Provable;
  readonly defaultAuth: 'required' | 'optional' | 'none' | undefined;
  readonly headers: ForbiddenHeaders;
}

/** What can be told of each route without the SDL and without the other routes. */
export function checkRoutes(source: Source, context: RouteContext): Finding[] {
  const routes = valueAt(source.value, ['routes']);
  if (!Array.isArray(routes)) return [];
  return routes.flatMap((raw: unknown, i) => {
    const at: Path = ['routes', i];
    if (typeof raw !== 'object' || raw === null || Array.isArray(raw)) return [];
    const route = salvage(routeSchema, source, at);
    const findings = checkAction(raw, at);
    if (route === undefined) return findings;
    return [
      ...findings,
      ...checkPaths(route, raw, at),
      ...checkNames(route, at, context),
      ...checkAccess(route, at, context),
      ...checkRouteHeaders(route, at, context.headers),
    ];
  });
}

function checkAction(raw: object, at: Path): Finding[] {
  const given = ACTIONS.filter((action) => Object.hasOwn(raw, action));
  const [first, second] = given;
  if (first === undefined) {
    return [
      {
        path: at,
        on: 'key',
        message: `a route needs one action: ${ACTIONS.slice(0, -1).join(', ')} or respond`,
      },
    ];
  }
  if (second === undefined) return [];
  const message = `a route has exactly one action, but this one has ${given.join(' and ')}; make it ${given.length} routes`;
  return [{ path: [...at, second], on: 'key', message }];
}

function checkPaths(route: RouteConfig, raw: object, at: Path): Finding[] {
  const findings: Finding[] = [];
  const path = parsePath(route.path);
  if ('fault' in path) findings.push({ path: [...at, 'path'], on: 'value', message: path.fault });
  for (const key of ['rewrite', 'fallback'] as const) {
    if (Object.hasOwn(raw, key) && !Object.hasOwn(raw, 'service')) {
      findings.push({ path: [...at, key], on: 'key', message: `${key} only goes with service; remove it` });
    }
  }
  if (route.rewrite === undefined) return findings;
  const message = rewriteFault(route.rewrite, path);
  if (message !== undefined) findings.push({ path: [...at, 'rewrite'], on: 'value', message });
  return findings;
}

function rewriteFault(rewrite: string, path: ReturnType<typeof parsePath>): string | undefined {
  const target = parsePath(rewrite);
  if ('fault' in target) return target.fault;
  if ('fault' in path) return undefined;
  if (target.rest && !path.rest) return `rewrite ends with "*", but the path has none: ${path.source}`;
  const known = parameters(path);
  const stranger = parameters(target).find((name) => !known.includes(name));
  if (stranger === undefined) return undefined;
  return `the path has no parameter {${stranger}}.${suggestion(stranger, known)}`;
}

function parameters(path: ParsedPath): string[] {
  return path.segments.flatMap((segment) => ('parameter' in segment ? [segment.parameter] : []));
}

function checkNames(route: RouteConfig, at: Path, { services, limits }: RouteContext): Finding[] {
  const findings: Finding[] = [];
  if (route.service !== undefined && !services.includes(route.service)) {
    const message = `there is no service "${route.service}".${choices(route.service, services, 'services')}`;
    findings.push({ path: [...at, 'service'], on: 'value', message });
  }
  if (typeof route.limit === 'string' && !limits.includes(route.limit)) {
    const message = `there is no limit "${route.limit}".${choices(route.limit, limits, 'limits')}`;
    findings.push({ path: [...at, 'limit'], on: 'value', message });
  }
  return findings;
}

function choices(name: string, known: readonly string[], section: string): string {
  const hint = suggestion(name, known);
  if (hint !== '') return hint;
  return known.length === 0 ? ` Add it under \`${section}\`.` : ` Known: ${known.join(', ')}.`;
}

function checkAccess(route: RouteConfig, at: Path, context: RouteContext): Finding[] {
  const { provable: proof } = context;
  const findings: Finding[] = [];
  if (route.auth === 'required' && !proof.any) {
    findings.push({ path: [...at, 'auth'], on: 'value', message: `auth is required, but ${NO_PROOF}` });
  }
  if (route.auth === 'service' && !proof.serviceKeys) {
    const message = 'auth is service, but there are no internal keys; add some to auth.serviceKeys.keys';
    findings.push({ path: [...at, 'auth'], on: 'value', message });
  }
  const effective = route.auth ?? context.defaultAuth ?? (proof.any ? 'required' : 'none');
  for (const key of ['roles', 'scopes'] as const) {
    if (route[key].length === 0) continue;
    const why = route.auth === 'none' ? 'auth is none' : 'this route asks nobody who they are';
    const message =
      effective === 'none'
        ? `${key} have no effect where ${why}; set auth: required, or remove them`
        : `an internal key has no ${key}, so that nobody could be let in; set auth: required, or remove them`;
    if (effective === 'none' || effective === 'service')
      findings.push({ path: [...at, key], on: 'key', message });
  }
  return findings;
}

function checkRouteHeaders(route: RouteConfig, at: Path, forbidden: ForbiddenHeaders): Finding[] {
  return [
    ...checkHeaderRules(route.request?.headers ?? {}, [...at, 'request', 'headers'], 'upstream', forbidden),
    ...checkHeaderRules(
      route.response?.headers ?? {},
      [...at, 'response', 'headers'],
      'downstream',
      forbidden,
    ),
    ...Object.keys(route.respond?.headers ?? {}).flatMap((name): Finding[] => {
      const message = forbidden(name, 'downstream');
      return message === undefined ? [] : [{ path: [...at, 'respond', 'headers', name], on: 'key', message }];
    }),
  ];
}
