import {
  type GraphQLError,
  type GraphQLSchema,
  getOperationAST,
  type OperationDefinitionNode,
} from 'graphql';
import type { Audit } from '../kernel/audit-event.ts';
import { asGatewayError } from '../kernel/error.ts';
import type { Scope } from '../kernel/scope.ts';
import { FieldRefusal } from './access.ts';
import type { Prepared } from './document-cache.ts';
import type { OperationArguments, OperationExecutor, OperationOutcome } from './executor.ts';
import type { OperationLimits } from './limit/operation-limits.ts';
import { isTooDeep } from './nesting.ts';
import { OperationAnswer } from './operation-answer.ts';
import {
  type ErrorLog,
  type RenderOptions,
  renderExecutionError,
  renderGatewayError,
  renderInputError,
} from './render-error.ts';

export interface RunOptions {
  readonly schema: GraphQLSchema;
  readonly executor: OperationExecutor;
  readonly limits: OperationLimits;
  /** See `graphql.maskErrors`. */
  readonly mask: boolean;
  readonly logger: ErrorLog;
  /** Hears of fields that a caller was refused. */
  readonly audit: Audit;
}

/** Executes an operation; what it gives is as the client may see it. Never rejects. */
export type RunOperation = (args: OperationArguments) => Promise<OperationAnswer>;

export function createRunOperation(given: RunOptions): RunOperation {
  const { schema, executor, limits, mask, logger, audit } = given;
  return async (args) => {
    const options = { requestId: args.scope.requestId, mask, logger };
    try {
      const operation = getOperationAST(args.document, args.operationName);
      const fault = inputFault(schema, operation, args);
      if (fault !== undefined) return show(neverRun(fault), options);
      const excess = operation ? limits.ofRun(args.document, operation, args.variables) : undefined;
      if (excess !== undefined) throw excess;
      const outcome = await executor.execute(args);
      if (outcome.errors.length > 0) auditRefusals(outcome.errors, args.scope, audit);
      return show(outcome, options);
    } catch (error) {
      const cause = asGatewayError(error);
      return new OperationAnswer({ errors: [renderGatewayError(cause, options)], cause });
    }
  };
}

/** Each field once, in however many objects it was asked for. */
function auditRefusals(errors: OperationOutcome['errors'], scope: Scope, audit: Audit): void {
  const told = new Set<string>();
  for (const { originalError } of errors) {
    if (!(originalError instanceof FieldRefusal) || told.has(originalError.coordinate)) continue;
    const { coordinate, message } = originalError;
    told.add(coordinate);
    audit({
      action: 'access.deny',
      outcome: 'denied',
      scope,
      object: `field:${coordinate}`,
      reason: message,
    });
  }
}

const shown = new WeakMap<OperationOutcome, OperationAnswer>();

/** One that comes again is made an answer, and bytes, once. It has no errors, which would name the request. */
function show(outcome: OperationOutcome, options: RenderOptions): OperationAnswer {
  if (outcome.returns !== true) return render(outcome, options);
  const known = shown.get(outcome);
  if (known !== undefined) return known;
  const answer = render(outcome, options);
  shown.set(outcome, answer);
  return answer;
}

function render({ data, errors, fallbacks }: OperationOutcome, options: RenderOptions): OperationAnswer {
  // Without data nothing ran: the variables or the name of the operation are wrong.
  const renderError = data === undefined ? renderInputError : renderExecutionError;
  const cause = errors[0]?.originalError;
  return new OperationAnswer({
    data,
    errors: errors.map((error) => renderError(error, options)),
    fallbacks,
    cause,
  });
}

function neverRun(fault: string): OperationOutcome {
  return { data: undefined, errors: [{ message: fault, extensions: {} }], fallbacks: [] };
}

/** What is wrong with an operation, apart from its document, before it is run. */
function inputFault(
  schema: GraphQLSchema,
  operation: OperationDefinitionNode | null | undefined,
  args: OperationArguments,
): string | undefined {
  const kind = operation?.operation;
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
