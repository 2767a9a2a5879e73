import { type ExecutionResult, GraphQLError, type GraphQLSchema, getOperationAST } from 'graphql';
import type { Prepared } from './document-cache.ts';
import type { OperationArguments, OperationExecutor } from './executor.ts';
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
    const kind = getOperationAST(args.document, args.operationName)?.operation;
    if (kind !== undefined && !schema.getRootType(kind)) {
      return { errors: [renderInputError(new GraphQLError(`The schema has no ${kind} type`), options)] };
    }
    const result = await executor.execute(args);
    if (result.errors === undefined) return result;
    // Without data nothing ran: the variables or the name of the operation are wrong.
    const render = result.data === undefined ? renderInputError : renderExecutionError;
    return { ...result, errors: result.errors.map((error) => render(error, options)) };
  };
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
