import { isJsonObject, type Json } from '../kernel/json.ts';
import type { Principal } from '../kernel/principal.ts';

/** Which claim holds what: a claim's name, or a path of names joined by dots (`realm_access.roles`). */
export interface ClaimNames {
  readonly id: string;
  readonly name: string;
  readonly roles: string;
  readonly scopes: string;
}

/** The principal that verified claims speak of; undefined if they name no id, for then they name nobody. */
export function principalFromClaims(
  claims: Readonly<Record<string, Json>>,
  names: ClaimNames,
): Principal | undefined {
  const id = textOf(findClaim(claims, names.id));
  if (id === undefined) return undefined;
  return Object.freeze({
    via: 'jwt',
    id,
    name: textOf(findClaim(claims, names.name)),
    roles: listOf(findClaim(claims, names.roles)),
    scopes: listOf(findClaim(claims, names.scopes)),
    claims,
  });
}

/** A claim by its literal name first (URLs as names have dots too), then by the dotted path. */
function findClaim(claims: Readonly<Record<string, Json>>, name: string): Json | undefined {
  if (Object.hasOwn(claims, name)) return claims[name];
  let value: Json | undefined = claims;
  for (const step of name.split('.')) {
    if (!isJsonObject(value) || !Object.hasOwn(value, step)) return undefined;
    value = value[step];
  }
  return value;
}

function textOf(value: Json | undefined): string | undefined {
  if (typeof value === 'string' && value !== '') return value;
  return typeof value === 'number' ? String(value) : undefined;
}

/** A list of strings, or one string separated by spaces or commas, as `scope` is in RFC 8693. */
function listOf(value: Json | undefined): readonly string[] {
  if (typeof value === 'string') return value.split(/[\s,]+/).filter((item) => item !== '');
  if (!Array.isArray(value)) return [];
  return value.filter((item): item is string => typeof item === 'string' && item !== '');
}
