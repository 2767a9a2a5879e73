import { existsSync, readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { getOperationAST, parse } from 'graphql';
import { expect, it } from 'vitest';
import { compileSchema } from '../../../src/graphql/compile-schema.ts';
import { assessOperation } from '../../../src/graphql/limit/assess-operation.ts';
import { readBlueprint } from '../../../src/runtime/read-blueprint.ts';

const EXAMPLES = path.join(import.meta.dirname, '../../../examples');

interface Tour {
  readonly config: string;
  readonly queries: readonly { readonly file: string }[];
}

const queries = readdirSync(EXAMPLES).flatMap((name) => {
  const file = path.join(EXAMPLES, name, 'tour.json');
  if (!existsSync(file)) return [];
  const tour = JSON.parse(readFileSync(file, 'utf8')) as Tour;
  const config = path.join(EXAMPLES, name, tour.config);
  return tour.queries.map((query) => [`${name}/${query.file}`, config] as const);
});

it.each(queries)('%s keeps to the limits of its gateway', async (file, config) => {
  const { blueprint } = await readBlueprint(config, {});
  const { graphql } = blueprint;
  const limits = blueprint.config.graphql?.limits;
  if (graphql === undefined || limits === undefined) throw new Error('The example has no GraphQL');
  const text = readFileSync(path.join(EXAMPLES, file), 'utf8');
  const document = parse(text);
  const operation = getOperationAST(document);
  if (!operation) throw new Error('There is no one operation');
  const compiled = compileSchema(graphql, new Map());
  const source = { compiled, costs: graphql.costs, document, operation, variables: {} };
  const { refused, cost, calls } = assessOperation(source, text, limits);
  expect(refused).toEqual([]);
  // With room for what a front end adds over time.
  expect(Math.max(cost?.type ?? 0, cost?.field ?? 0)).toBeLessThan(limits.cost / 10);
  expect(calls?.total).toBeLessThan(20);
});

it('there are examples', () => {
  expect(queries.length).toBeGreaterThan(2);
});
