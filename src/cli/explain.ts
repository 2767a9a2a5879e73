import { readFileSync } from 'node:fs';
import type { Command } from 'commander';
import {
  type DocumentNode,
  GraphQLError,
  getOperationAST,
  getVariableValues,
  Kind,
  type OperationDefinitionNode,
  parse,
  validate,
} from 'graphql';
import type { GraphqlBlueprint } from '../blueprint/blueprint.ts';
import { compileSchema } from '../graphql/compile-schema.ts';
import { type Assessment, assessOperation } from '../graphql/limit/assess-operation.ts';
import { totalOf } from '../graphql/limit/weigh.ts';
import { steeringVariables } from '../graphql/steering-variables.ts';
import { type ConfigOption, configCommand } from './config-option.ts';
import { CommandFailure } from './failure.ts';
import { readBlueprint } from './read-blueprint.ts';
import { print, printWarnings, table } from './report.ts';

interface ExplainOptions extends ConfigOption {
  readonly operation?: string;
  readonly variables?: string;
  readonly json?: true;
}

/** One call; in JSON under these names. */
interface CallRow {
  readonly call: number;
  /** The calls whose answers it needs; calls that need none of each other run side by side. */
  readonly after: readonly number[];
  readonly service: string | null;
  readonly method: string | null;
  readonly connector: string;
  readonly places: readonly string[];
  readonly times: 'once' | 'each' | 'batch';
  /** Keys in one call at the most, for a batch; null: any number. */
  readonly batchSize: number | null;
  /** How often it is made at the most, if no list is longer than @listSize says; null: not known. */
  readonly atMost: number | null;
}

export function explainCommand(): Command {
  return configCommand('explain', 'print the upstream calls that an operation makes, and what it costs', [
    'portico explain query.graphql',
    `echo '{ posts { title author { name } } }' | portico explain -`,
  ])
    .argument('<file>', 'a GraphQL document; - reads it from standard input')
    .option('--operation <name>', 'which one, if the document has several operations')
    .option('--variables <json>', 'its variables, which may steer @skip and @include and tell sizes of lists')
    .option('--json', 'the same as JSON')
    .action(explain);
}

async function explain(file: string, options: ExplainOptions): Promise<void> {
  const { blueprint, resolvers, warnings } = await readBlueprint(options.config);
  printWarnings(warnings);
  const { graphql, config } = blueprint;
  if (graphql === undefined || config.graphql === undefined)
    throw new CommandFailure([
      `${options.config}:1:1: there is no \`graphql\` here, so no operation can run`,
    ]);
  const text = readText(file);
  const document = readDocument(file, text, graphql);
  const operation = chooseOperation(file, document, options.operation);
  const variables = readVariables(graphql, document, operation, options.variables);
  const compiled = compileSchema(graphql, resolvers?.fields ?? new Map());
  const source = { compiled, costs: graphql.costs, document, operation, variables };
  const assessment = assessOperation(source, text, config.graphql.limits);
  if (options.json) return print(JSON.stringify(asJson(assessment), null, 2));
  for (const line of [...describe(assessment), ...describeLimits(assessment)]) print(line);
}

function readDocument(file: string, text: string, { schema }: GraphqlBlueprint): DocumentNode {
  const name = file === '-' ? '<stdin>' : file;
  const fail = (errors: readonly GraphQLError[]): never => {
    throw new CommandFailure(errors.map((error) => `${name}:${placeOf(error)}: ${error.message}`));
  };
  try {
    const document = parse(text);
    const errors = validate(schema, document);
    return errors.length > 0 ? fail(errors) : document;
  } catch (error) {
    if (error instanceof GraphQLError) return fail([error]);
    throw error;
  }
}

function readText(file: string): string {
  try {
    return readFileSync(file === '-' ? 0 : file, 'utf8');
  } catch (cause) {
    throw new CommandFailure([`${file} can't be read: ${(cause as Error).message}`]);
  }
}

function placeOf({ locations }: GraphQLError): string {
  const [first] = locations ?? [];
  return first === undefined ? '1:1' : `${first.line}:${first.column}`;
}

function chooseOperation(
  file: string,
  document: DocumentNode,
  name: string | undefined,
): OperationDefinitionNode {
  const operation = getOperationAST(document, name);
  if (operation) return operation;
  const message =
    name === undefined
      ? 'there are several operations; say which with --operation'
      : `there is no operation called "${name}"`;
  throw new CommandFailure([`${file}:1:1: ${message}`]);
}

/** Without any, those that have defaults have these: what is left out counts as not given. */
function readVariables(
  { schema }: GraphqlBlueprint,
  document: DocumentNode,
  { variableDefinitions = [] }: OperationDefinitionNode,
  text: string | undefined,
): { readonly [name: string]: unknown } {
  if (text === undefined) {
    const steering = steeringVariables(document);
    for (const { variable, type, defaultValue } of variableDefinitions)
      if (type.kind === Kind.NON_NULL_TYPE && !defaultValue && steering.includes(variable.name.value))
        throw new CommandFailure([
          `the variable $${variable.name.value} decides what is run: give it with --variables`,
        ]);
    const optional = variableDefinitions.filter(
      ({ type, defaultValue }) => type.kind !== Kind.NON_NULL_TYPE || defaultValue !== undefined,
    );
    return getVariableValues(schema, optional, {}).coerced ?? {};
  }
  try {
    const given = JSON.parse(text) as { readonly [name: string]: unknown };
    const { coerced, errors } = getVariableValues(schema, variableDefinitions, given);
    if (errors === undefined) return coerced;
    throw new CommandFailure(errors.map(({ message }) => `--variables: ${message}`));
  } catch (error) {
    if (error instanceof CommandFailure) throw error;
    throw new CommandFailure([`--variables is not JSON: ${(error as Error).message}`], 2);
  }
}

function rowsOf({ explanation, calls }: Assessment): readonly CallRow[] {
  if (!explanation.planned) return [];
  return explanation.calls.map(({ connector, places, times, after }, index) => ({
    call: index + 1,
    after: after.map((number) => number + 1),
    service: connector.service ?? null,
    method: connector.request?.method ?? null,
    connector: connector.coordinate,
    places,
    times,
    batchSize: times === 'batch' ? (connector.maxBatch ?? null) : null,
    atMost: calls?.each?.[index] ?? null,
  }));
}

function asJson(assessment: Assessment): object {
  const { explanation, tokens, measures, cost, calls, refused } = assessment;
  const { depth, aliases, rootFields } = measures;
  return {
    ...(explanation.planned
      ? { planned: true, calls: rowsOf(assessment) }
      : { planned: false, reason: explanation.reason }),
    callBound: calls?.total ?? null,
    cost: cost === undefined ? null : { total: totalOf(cost), type: cost.type, field: cost.field },
    depth,
    tokens,
    aliases,
    rootFields,
    refused,
  };
}

function describe(assessment: Assessment): string[] {
  const { explanation } = assessment;
  if (!explanation.planned)
    return [
      `No plan: ${lowerFirst(explanation.reason)}.`,
      'It is walked field by field; its calls are chosen while it runs.',
    ];
  const rows = rowsOf(assessment);
  if (rows.length === 0) return ['No calls.'];
  return table(
    ['CALL', 'AFTER', 'SERVICE', 'CONNECTOR', 'TIMES', 'AT MOST', 'FOR'],
    rows.map((row) => [
      String(row.call),
      row.after.length === 0 ? '-' : row.after.join(','),
      row.method === null ? '(no call)' : `${row.service} ${row.method}`,
      row.connector,
      timesOf(row),
      row.atMost === null ? '-' : String(row.atMost),
      row.places.join(', '),
    ]),
  );
}

function describeLimits({ tokens, measures, cost, calls, refused }: Assessment): string[] {
  const { depth, aliases, rootFields } = measures;
  const bound =
    calls === undefined ? [] : [`Calls: at most ${calls.total}${calls.each ? '' : ', by estimate'}.`];
  const price =
    cost === undefined ? [] : [`Cost: ${totalOf(cost)} (types ${cost.type}, fields ${cost.field}).`];
  return [
    ...bound,
    ...price,
    `Size: depth ${depth}, tokens ${tokens}, aliases ${aliases}, root fields ${rootFields}.`,
    ...refused.map((message) => `Refused: ${message}.`),
  ];
}

function timesOf({ times, batchSize }: CallRow): string {
  if (times === 'batch') return batchSize === null ? 'once for all keys' : `once for each ${batchSize} keys`;
  return times === 'each' ? 'once for each' : 'once';
}

/** A coordinate stays as it is. */
function lowerFirst(text: string): string {
  return /^[A-Z][a-z]* /.test(text) ? text.charAt(0).toLowerCase() + text.slice(1) : text;
}
