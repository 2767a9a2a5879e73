import type { ExecutionResult, GraphQLError } from 'graphql';
import { type ErrorCode, GatewayError } from '../kernel/error.ts';
import { isJsonObject } from '../kernel/json.ts';

/** Statuses of a service's refusal that mean the same to the caller of the route. */
const SAME_TO_THE_CALLER: ReadonlySet<number> = new Set([400, 404, 409, 410, 412, 422]);

/** Codes of GraphQL errors that a route answers with their own status; any other one is a fault of the gateway. */
const KNOWN: ReadonlySet<string> = new Set<ErrorCode>([
  'UPSTREAM_UNREACHABLE',
  'UPSTREAM_TIMEOUT',
  'UPSTREAM_OVERLOADED',
  'UPSTREAM_STATUS',
  'UPSTREAM_INVALID',
  'CIRCUIT_OPEN',
  'UNAUTHENTICATED',
  'FORBIDDEN',
  'RATE_LIMITED',
  'BAD_REQUEST',
  'BAD_USER_INPUT',
  'NOT_FOUND',
  'OPERATION_TOO_COSTLY',
  'DEADLINE_EXCEEDED',
  'CLIENT_CLOSED',
  'DRAINING',
]);

/**
 * Why an operation failed as a whole, as a route reports it: by its first error. Undefined if it gave anything: data
 * without errors, or some root field's value beside the errors of others.
 */
export function operationFailure({ data, errors }: ExecutionResult): GatewayError | undefined {
  const first = errors?.[0];
  if (!first) return undefined;
  const gaveSomething = isJsonObject(data) && Object.values(data).some((value) => value !== null);
  return gaveSomething ? undefined : fromGraphqlError(first);
}

function fromGraphqlError(error: GraphQLError): GatewayError {
  const { originalError, extensions } = error;
  const status = refusalStatus(extensions);
  if (originalError instanceof GatewayError && status === undefined) return originalError;
  const { code } = extensions;
  if (typeof code !== 'string' || !KNOWN.has(code)) {
    return new GatewayError('INTERNAL', 'Internal server error', { cause: originalError ?? error });
  }
  return new GatewayError(code as ErrorCode, error.message, {
    cause: originalError,
    ...(status === undefined ? {} : { status }),
  });
}

function refusalStatus({ code, http }: GraphQLError['extensions']): number | undefined {
  if (code !== 'UPSTREAM_STATUS' || !isJsonObject(http)) return undefined;
  const { status } = http;
  return typeof status === 'number' && SAME_TO_THE_CALLER.has(status) ? status : undefined;
}
