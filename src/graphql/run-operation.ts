import { type ExecutionResult, GraphQLError, type GraphQLSchema, getOperationAST } from 'graphql';
import type { Prepared } from './document-cache.ts';
import type { OperationArguments, OperationExecutor } from './executor.ts';
import { isTooDeep } from './nesting.ts';
import { type ErrorLog, renderExecutionError, renderInputError } from './render-error.ts';

export interface RunOptions {
  readonly schema: GraphQLSchema;
  readonly executor: OperationExecutor;
  /** See `graphql.maskErrors`. */
  readonly mask: boolean;
  readonly logger: ErrorLog;
}

/** Executes an operation; the errors of the result are as the client may see them. */
export type RunOperation = (args: OperationArguments) => Promise<ExecutionResult>;

export function createRunOperation({ schema, executor, mask, logger }: RunOptions): RunOperation {
  return async (args) => {
    const options = { requestId: args.scope.requestId, mask, logger };
    const fault = inputFault(schema, args);
    if (fault !== undefined) return { errors: [renderInputError(new GraphQLError(fault), options)] };
    const result = await executor.execute(args);
    if (result.errors === undefined) return result;
    // Without data nothing ran: the variables or the name of the operation are wrong.
    const render = result.data === undefined ? renderInputError : renderExecutionError;
    return { ...result, errors: result.errors.map((error) => render(error, options)) };
  };
}

/** What is wrong with an operation, apart from its document, before it is run. */
function inputFault(schema: GraphQLSchema, args: OperationArguments): string | undefined {
  const kind = getOperationAST(args.document, args.operationName)?.operation;
  if (kind !== undefined && !schema.getRootType(kind)) return `The schema has no ${kind} type`;
  return isTooDeep(args.variables) ? 'The variables are nested too deeply' : undefined;
}

/** The faults of a document that keep it from being run, with their codes; empty if there are none. */
export function faultsOf(prepared: Prepared): readonly GraphQLError[] {
  const [code, faults] =
    prepared.document === undefined
      ? ['GRAPHQL_PARSE_FAILED', [prepared.unreadable]]
      : ['GRAPHQL_VALIDATION_FAILED', prepared.invalid ?? []];
  for (const fault of faults) fault.extensions.code ??= code;
  return faults;
}
