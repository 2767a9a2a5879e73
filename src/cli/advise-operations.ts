import { getOperationAST, parse } from 'graphql';
import type { Blueprint } from '../blueprint/blueprint.ts';
import { compileSchema } from '../graphql/compile-schema.ts';
import type { CustomResolvers } from '../graphql/custom-resolver.ts';
import { createOperationLimits } from '../graphql/limit/operation-limits.ts';
import type { Problem } from '../kernel/problem.ts';

/**
 * Warnings about routes whose operation is beyond the cost or the calls of `graphql.limits` without any variables: each
 * request that gives none is refused. One that needs variables is left to the requests that give them.
 */
export function adviseOnOperations(blueprint: Blueprint, resolvers: CustomResolvers): Problem[] {
  const { graphql, config, routes } = blueprint;
  if (graphql === undefined || config.graphql === undefined) return [];
  const compiled = compileSchema(graphql, resolvers);
  const limits = createOperationLimits({ limits: config.graphql.limits, compiled, costs: graphql.costs });
  return routes.flatMap((route): Problem[] => {
    if (route.config.operation === undefined) return [];
    const document = parse(route.config.operation);
    const operation = getOperationAST(document);
    const excess = operation ? limits.ofRun(document, operation, {}) : undefined;
    if (excess?.code !== 'OPERATION_TOO_COSTLY') return [];
    const message = `${route.label} is refused by graphql.limits: ${excess.message}`;
    return [{ severity: 'warning', at: route.position, message }];
  });
}
