import type { Variables } from '../connect/mapping/mapping.ts';
import type { Json, JsonObject } from '../kernel/json.ts';
import type { Principal } from '../kernel/principal.ts';
import type { Headers, Scope } from '../kernel/scope.ts';
import type { ResolverUser } from './resolver-context.ts';

/** The variables that are the same for every call of an operation: `$context`, `$request`, `$env`. */
export function operationVariables(scope: Scope, env: JsonObject): Variables {
  const user = scope.principal === undefined ? null : userOf(scope.principal);
  return {
    $context: { user: user as Json, requestId: scope.requestId },
    $request: { headers: headerLists(scope.headers) },
    $env: env,
  };
}

/** The caller as mappings and resolvers see it. */
export function userOf(principal: Principal): ResolverUser {
  const { id, name, roles, scopes, claims } = principal;
  return { id, name: name ?? null, roles, scopes, claims };
}

/** Headers by lower-case name, each with all its values: a header may come more than once. */
export function headerLists(headers: Headers): JsonObject {
  const lists: Record<string, string[]> = Object.create(null);
  for (let i = 0; i + 1 < headers.length; i += 2) {
    const name = (headers[i] as string).toLowerCase();
    const list = lists[name] ?? [];
    list.push(headers[i + 1] as string);
    lists[name] = list;
  }
  return lists;
}
