import type { Variables } from '../connect/mapping/mapping.ts';
import type { Inbound } from '../guard/inbound.ts';
import type { Clock } from '../kernel/clock.ts';
import { newUuidV7 } from '../kernel/id.ts';
import type { Json, JsonObject } from '../kernel/json.ts';
import type { Headers, Scope } from '../kernel/scope.ts';

/** What a route's mappings see of the request, beside its body. */
export interface VariableSource {
  readonly inbound: Inbound;
  readonly scope: Scope;
  /** Values of the path, decoded. */
  readonly params: Readonly<Record<string, string>>;
  readonly clock: Clock;
  readonly env: JsonObject;
}

/** `$request`, `$user`, `$env` and `$id` (a fresh UUIDv7) for the mappings of a route. `body` is absent if there is none. */
export function requestVariables(source: VariableSource, body: Json | undefined): Variables {
  const { inbound, scope, params, clock, env } = source;
  return {
    $request: {
      method: inbound.method,
      path: inbound.path,
      params,
      query: readQuery(inbound.query),
      headers: readHeaders(inbound.rawHeaders),
      ...(body === undefined ? {} : { body }),
    },
    $env: env,
    $id: newUuidV7(clock.wall()),
    ...userVariable(scope),
  };
}

function userVariable({ principal }: Scope): Variables {
  if (!principal) return {};
  const { id, name, roles, scopes, claims } = principal;
  return { $user: { id, roles, scopes, claims, ...(name === undefined ? {} : { name }) } };
}

/** `$response` for the mapping of an answer. */
export function responseVariable(status: number, headers: Headers, body: Json | undefined): JsonObject {
  return { status, headers: readHeaders(headers), ...(body === undefined ? {} : { body }) };
}

/** A query string, with or without its `?`: one value is text, several of one name are a list. */
export function readQuery(query: string): Record<string, string | string[]> {
  const values: Record<string, string | string[]> = Object.create(null);
  for (const [name, value] of new URLSearchParams(query)) {
    const known = values[name];
    if (known === undefined) values[name] = value;
    else if (Array.isArray(known)) known.push(value);
    else values[name] = [known, value];
  }
  return values;
}

/** By lower-case name; values of one name are joined with commas (RFC 9110, 5.3). */
function readHeaders(headers: Headers): Record<string, string> {
  const values: Record<string, string> = Object.create(null);
  for (let i = 0; i + 1 < headers.length; i += 2) {
    const name = (headers[i] as string).toLowerCase();
    const known = values[name];
    values[name] = known === undefined ? (headers[i + 1] as string) : `${known}, ${headers[i + 1]}`;
  }
  return values;
}
