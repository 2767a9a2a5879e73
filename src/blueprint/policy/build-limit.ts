import type { Config } from '../../config/schema/config.ts';
import type { RouteConfig } from '../../config/schema/route.ts';
import { createLimit, type Limit, type LimitRule } from '../../limits/limit.ts';

/** The limit of this name holds wherever nothing else is said. */
export const DEFAULT_LIMIT = 'default';

/** The rule of a place that says nothing of limits itself; `place` sets it apart where each place counts for itself. */
export function buildDefaultLimit({ limits }: Pick<Config, 'limits'>, place: string): LimitRule {
  return { limit: buildNamed(DEFAULT_LIMIT, limits, [place]), isOwn: false };
}

/** The rule of a route; undefined if it is to have none. A name that is not there has been told of, and gives none. */
export function buildRouteLimit(
  { limit, header }: RouteConfig,
  label: string,
  config: Pick<Config, 'limits'>,
): LimitRule | undefined {
  if (limit === undefined) return buildDefaultLimit(config, label);
  if (limit === false) return undefined;
  // Routes that only a header tells apart have the same label.
  const place = [label, ...Object.entries(header ?? {}).flat()];
  const own =
    typeof limit === 'string'
      ? buildNamed(limit, config.limits, place)
      : createLimit(label, limit, ['route', ...place]);
  return own && { limit: own, isOwn: true };
}

function buildNamed(name: string, limits: Config['limits'], place: readonly string[]): Limit | undefined {
  const terms = Object.hasOwn(limits, name) ? limits[name] : undefined;
  if (terms === undefined) return undefined;
  return createLimit(name, terms, ['limit', name, ...(terms.scope === 'route' ? place : [])]);
}
