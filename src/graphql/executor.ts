import {
  type DocumentNode,
  type ExecutionArgs,
  type ExecutionResult,
  execute,
  type GraphQLTypeResolver,
} from 'graphql';
import type { Scope } from '../kernel/scope.ts';
import { AbsentEntityError } from './call-error.ts';
import { type FallbackNote, Operation, type OperationHost } from './operation.ts';
import { resolveField } from './resolve-field.ts';
import { resolveType } from './resolve-type.ts';

/** One operation to run: parsed and validated, nothing else. */
export interface OperationArguments {
  readonly document: DocumentNode;
  readonly operationName?: string | null | undefined;
  readonly variables?: { readonly [name: string]: unknown } | null | undefined;
  readonly scope: Scope;
}

/** What an operation came to. */
export interface OperationOutcome {
  /** JSON text of `data`, `null` too; undefined: nothing ran, and the errors say why. */
  readonly data: string | undefined;
  /** Raw: showing them to a client is the caller's job. Empty: none. */
  readonly errors: readonly ExecutionFailure[];
  readonly fallbacks: readonly FallbackNote[];
  /** It has been or will be given again as this very object: what is made of it may be kept with it. */
  readonly returns?: boolean;
}

/** What of a `GraphQLError` is of use here: an executor need not make one. */
export interface ExecutionFailure {
  readonly message: string;
  readonly locations?: readonly { readonly line: number; readonly column: number }[] | undefined;
  readonly path?: readonly (string | number)[] | undefined;
  /** What went wrong; absent for an error of the execution's own. */
  readonly originalError?: Error | undefined;
  readonly extensions: { readonly [name: string]: unknown };
}

/** Runs operations. Rejects only if a value of the answer can't be JSON. */
export interface OperationExecutor {
  execute(args: OperationArguments): Promise<OperationOutcome>;
}

/** An executor for any operation; it can go on where another one stopped. */
export interface GeneralExecutor extends OperationExecutor {
  /** `begun`: calls that it has made already are not made again. */
  execute(args: OperationArguments, begun?: Operation): Promise<OperationOutcome>;
}

/** An executor that walks the operation field by field, as the specification describes it. */
export function createExecutor(
  host: OperationHost,
  options: { readonly hideSuggestions: boolean },
): GeneralExecutor {
  return {
    async execute({ document, operationName, variables, scope }, begun) {
      const operation = begun ?? new Operation(host, scope);
      const result = await run(operation, {
        schema: host.compiled.schema,
        document,
        operationName: operationName ?? null,
        variableValues: variables ?? null,
        contextValue: operation,
        fieldResolver: resolveField,
        typeResolver: resolveType as GraphQLTypeResolver<unknown, Operation>,
        hideSuggestions: options.hideSuggestions,
      });
      return {
        data: result.data === undefined ? undefined : JSON.stringify(result.data),
        errors: result.errors?.filter((error) => !isSilent(error)) ?? [],
        fallbacks: operation.fallbacks,
      };
    },
  };
}

/** Null may reach the root while calls are still under way: they end with the execution. */
async function run(operation: Operation, args: ExecutionArgs): Promise<ExecutionResult> {
  try {
    return await execute(args);
  } finally {
    operation.end();
  }
}

/** An entity that is not there, where null may stand, is told by the null alone. */
function isSilent({ originalError }: ExecutionFailure): boolean {
  return originalError instanceof AbsentEntityError && originalError.silent;
}
