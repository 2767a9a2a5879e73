import type { Blueprint, Connector, FieldBlueprint } from '../blueprint/blueprint.ts';
import type { Positions } from '../config/source/source.ts';
import type { Problem } from '../kernel/problem.ts';

/**
 * Warnings about services of the configuration that nothing calls, whose death would only show in failed calls,
 * or for whose failure nothing has an answer. For `check` alone: a gateway may well run like that.
 */
export function adviseOnServices(blueprint: Blueprint, positions: Positions): Problem[] {
  const used = new Set([...routeServices(blueprint, false), ...fieldServices(blueprint, false)]);
  const covered = new Set([...routeServices(blueprint, true), ...fieldServices(blueprint, true)]);
  return Object.entries(blueprint.config.services).flatMap(([name, service]): Problem[] => {
    const at = positions.key(['services', name]);
    const warn = (message: string): Problem => ({
      severity: 'warning',
      at,
      message: `service ${name} ${message}`,
    });
    if (!used.has(name)) return [warn('is used by no route and no field')];
    const warnings: Problem[] = [];
    if (service.health.path === '') {
      warnings.push(
        warn('has no health path: a dead target is noticed only by calls that fail; set health.path'),
      );
    }
    if (!covered.has(name)) {
      const remedy = 'give a field @fallback, or a route `fallback`';
      warnings.push(warn(`has no fallback anywhere: while it is down, all that needs it fails; ${remedy}`));
    }
    return warnings;
  });
}

/** Services that routes pass requests to; or only of those routes that have a fallback. */
function routeServices({ routes }: Blueprint, withFallback: boolean): string[] {
  return routes
    .filter(({ config }) => !withFallback || config.fallback !== undefined)
    .flatMap(({ config }) => (config.service === undefined ? [] : [config.service]));
}

/** Services that fields and entities call; or only those of fields that have a fallback. */
function fieldServices({ graphql }: Blueprint, withFallback: boolean): string[] {
  if (graphql === undefined) return [];
  const fields = [...graphql.fields.values()].filter(
    ({ fallback }: FieldBlueprint) => !withFallback || fallback,
  );
  const entities = withFallback ? [] : [...graphql.entities.values()].flatMap(({ connectors }) => connectors);
  return [
    ...fields.flatMap(({ connectors }) => connectors),
    ...entities.map(({ connector }): Connector => connector),
  ].flatMap(({ service }) => (service === undefined ? [] : [service]));
}
