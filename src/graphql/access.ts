import type { AccessRule } from '../blueprint/blueprint.ts';
import { GatewayError } from '../kernel/error.ts';
import type { Principal } from '../kernel/principal.ts';

/** A caller may not have a field. */
export class FieldRefusal extends GatewayError {
  /** `Type.field`: which one, for the audit. */
  readonly coordinate: string;

  constructor(code: 'UNAUTHENTICATED' | 'FORBIDDEN', message: string, coordinate: string) {
    super(code, message);
    this.coordinate = coordinate;
  }
}

/** Why a caller may not have the field at the coordinate, or undefined if it may. */
export function refusal(
  rule: AccessRule,
  principal: Principal | undefined,
  coordinate: string,
): FieldRefusal | undefined {
  const asksForMore = rule.scopes.length > 0 || rule.roles.length > 0;
  if (!rule.authenticated && !asksForMore) return undefined;
  if (principal === undefined) {
    return new FieldRefusal('UNAUTHENTICATED', 'Authentication required', coordinate);
  }
  const scopes =
    rule.scopes.length === 0 ||
    rule.scopes.some((list) => list.every((scope) => principal.scopes.includes(scope)));
  const roles = rule.roles.length === 0 || rule.roles.some((role) => principal.roles.includes(role));
  return scopes && roles ? undefined : new FieldRefusal('FORBIDDEN', 'Forbidden', coordinate);
}
