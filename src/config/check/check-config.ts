import type { Problem } from '../../kernel/problem.ts';
import { valueAt } from '../describe-issue.ts';
import { authSchema } from '../schema/auth.ts';
import type { Source } from '../source/source.ts';
import { checkAccounts } from './check-accounts.ts';
import { checkAuth, provable } from './check-auth.ts';
import { checkEndpoints } from './check-endpoints.ts';
import { checkGraphql } from './check-graphql.ts';
import { forbiddenHeaders } from './check-headers.ts';
import { checkLimits } from './check-limits.ts';
import { checkRoutes } from './check-routes.ts';
import { checkServer } from './check-server.ts';
import { checkServices } from './check-services.ts';
import { checkStorage } from './check-storage.ts';
import { type Finding, namesAt, salvage, toProblems } from './finding.ts';

/**
 * What only shows when keys are looked at together, and needs neither the SDL nor another file.
 * Runs on whatever of the file is valid, so that all faults are told at once.
 */
export function checkConfig(source: Source): Problem[] {
  const raw = source.value;
  if (typeof raw !== 'object' || raw === null || Array.isArray(raw)) return [];
  const auth =
    salvage(authSchema, source, valueAt(raw, ['auth']) === undefined ? [] : ['auth']) ?? authSchema.parse({});
  const origins = valueAt(raw, ['server', 'cors', 'origins']);
  const headers = forbiddenHeaders(auth, Array.isArray(origins) && origins.length > 0);
  const context = {
    services: namesAt(source, ['services']),
    limits: namesAt(source, ['limits']),
    provable: provable(source),
    defaultAuth: auth.default,
    headers,
  };
  const findings = [
    ...checkServing(source),
    ...checkServer(source),
    ...checkStorage(source),
    ...checkAuth(source, auth, context.provable),
    ...checkAccounts(source, auth),
    ...checkServices(source, headers),
    ...checkRoutes(source, context),
    ...checkEndpoints(source),
    ...checkLimits(source, auth),
    ...checkGraphql(source),
  ];
  return toProblems(findings, source);
}

function checkServing(source: Source): Finding[] {
  const routes = valueAt(source.value, ['routes']);
  const hasRoutes = routes !== undefined && !(Array.isArray(routes) && routes.length === 0);
  if (hasRoutes || valueAt(source.value, ['graphql']) !== undefined) return [];
  const message = 'there is nothing to serve: add `routes`, or `graphql` (`graphql: {}` takes every default)';
  return [{ path: ['routes'], on: 'key', message }];
}
