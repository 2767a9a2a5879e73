import {
  type DocumentNode,
  type ExecutionArgs,
  type ExecutionResult,
  execute,
  type GraphQLError,
  type GraphQLTypeResolver,
} from 'graphql';
import type { Scope } from '../kernel/scope.ts';
import { AbsentEntityError } from './call-error.ts';
import { Operation, type OperationHost } from './operation.ts';
import { resolveField } from './resolve-field.ts';
import { resolveType } from './resolve-type.ts';

/** One operation to run: parsed and validated, nothing else. */
export interface OperationArguments {
  readonly document: DocumentNode;
  readonly operationName?: string | null | undefined;
  readonly variables?: { readonly [name: string]: unknown } | null | undefined;
  readonly scope: Scope;
}

/** Runs operations. What it gives holds raw errors: showing them to a client is the caller's job. */
export interface OperationExecutor {
  execute(args: OperationArguments): Promise<ExecutionResult>;
}

/** An executor that walks the operation field by field, as the specification describes it. */
export function createExecutor(
  host: OperationHost,
  options: { readonly hideSuggestions: boolean },
): OperationExecutor {
  return {
    async execute({ document, operationName, variables, scope }) {
      const operation = new Operation(host, scope);
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
      return withNotes(withoutSilent(result), operation);
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
function withoutSilent(result: ExecutionResult): ExecutionResult {
  if (result.errors === undefined || !result.errors.some(isSilent)) return result;
  const { errors, ...rest } = result;
  const told = errors.filter((error) => !isSilent(error));
  return told.length === 0 ? rest : { ...rest, errors: told };
}

function isSilent(error: GraphQLError): boolean {
  return error.originalError instanceof AbsentEntityError && error.originalError.silent;
}

function withNotes(result: ExecutionResult, { fallbacks }: Operation): ExecutionResult {
  return fallbacks.length === 0 ? result : { ...result, extensions: { ...result.extensions, fallbacks } };
}
