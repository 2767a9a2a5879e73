import { getOperationAST, parse, validate } from 'graphql';
import { compileSchema } from '../../../src/graphql/compile-schema.ts';
import { Appraisal } from '../../../src/graphql/limit/appraisal.ts';
import type { Cost } from '../../../src/graphql/limit/weigh.ts';
import { buildGood } from '../../support/build-blueprint.ts';

/** What an operation on a schema costs. */
export type Weigh = (text: string, variables?: Readonly<Record<string, unknown>>) => Cost;

/** `sdl` without connectors: its fields are taken to be resolved somehow. */
export function weighOn(sdl: string): Weigh {
  const { graphql } = buildGood({
    sdl,
    yaml: 'services: {}\ngraphql: { resolvers: resolvers.ts }\n',
  });
  if (graphql === undefined) throw new Error('The blueprint has no GraphQL');
  const compiled = compileSchema(graphql, new Map());
  return (text, variables = {}) => {
    const document = parse(text);
    const [fault] = validate(graphql.schema, document);
    if (fault !== undefined) throw fault;
    const operation = getOperationAST(document);
    if (!operation) throw new Error('There is no one operation');
    const source = { compiled, costs: graphql.costs, document, operation, variables };
    return new Appraisal(source).cost(variables);
  };
}
