import {
  type DocumentNode,
  GraphQLError,
  type GraphQLSchema,
  getOperationAST,
  Kind,
  type OperationDefinitionNode,
  parse,
  validate,
} from 'graphql';
import { errorAt, type Report, warningAt } from '../../connect/directive/sdl-text.ts';
import { type Position, suggestion } from '../../kernel/problem.ts';
import type { PathPattern } from '../blueprint.ts';

/**
 * Checks a route's `operation` against the public schema. `at` is where the text begins; places inside it are
 * told in the message, since YAML may fold the text. Without a schema only its syntax is checked.
 */
export function checkOperation(
  text: string,
  pattern: PathPattern,
  schema: GraphQLSchema | undefined,
  at: Position,
  report: Report,
): void {
  const document = parseOperation(text, at, report);
  if (document === undefined) return;
  const operation = getOperationAST(document);
  if (operation === null || operation === undefined) {
    const count = document.definitions.filter(({ kind }) => kind === Kind.OPERATION_DEFINITION).length;
    report(
      errorAt(
        at,
        count === 0
          ? 'there is no operation in this text'
          : 'a route runs one operation; there are several here',
      ),
    );
    return;
  }
  if (operation.operation === 'subscription')
    report(errorAt(at, 'a route runs a query or a mutation, not a subscription'));
  checkParameters(operation, pattern, at, report);
  if (schema === undefined) return;
  for (const error of validate(schema, document)) report(errorAt(at, inside(error)));
}

function parseOperation(text: string, at: Position, report: Report): DocumentNode | undefined {
  try {
    return parse(text);
  } catch (error) {
    if (!(error instanceof GraphQLError)) throw error;
    report(errorAt(at, inside(error)));
    return undefined;
  }
}

function inside(error: GraphQLError): string {
  const place = error.locations?.[0];
  return place === undefined
    ? error.message
    : `${error.message} (line ${place.line}, column ${place.column} of the operation)`;
}

/** A parameter that no variable takes is most likely a misspelt one. */
function checkParameters(
  operation: OperationDefinitionNode,
  pattern: PathPattern,
  at: Position,
  report: Report,
): void {
  const variables = (operation.variableDefinitions ?? []).map(({ variable }) => variable.name.value);
  for (const segment of pattern.segments) {
    if ('literal' in segment || variables.includes(segment.parameter)) continue;
    const hint = suggestion(segment.parameter, variables);
    report(
      warningAt(
        at,
        `the operation has no variable $${segment.parameter} for {${segment.parameter}} of the path.${hint}`,
      ),
    );
  }
}
