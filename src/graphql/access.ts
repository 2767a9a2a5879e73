import type { AccessRule } from '../blueprint/blueprint.ts';
import { GatewayError } from '../kernel/error.ts';
import type { Principal } from '../kernel/principal.ts';

/** Why a caller may not have a field, or undefined if it may. */
export function refusal(rule: AccessRule, principal: Principal | undefined): GatewayError | undefined {
  const asksForMore = rule.scopes.length > 0 || rule.roles.length > 0;
  if (!rule.authenticated && !asksForMore) return undefined;
  if (principal === undefined) return new GatewayError('UNAUTHENTICATED', 'Authentication required');
  const scopes =
    rule.scopes.length === 0 ||
    rule.scopes.some((list) => list.every((scope) => principal.scopes.includes(scope)));
  const roles = rule.roles.length === 0 || rule.roles.some((role) => principal.roles.includes(role));
  return scopes && roles ? undefined : new GatewayError('FORBIDDEN', 'Forbidden');
}
