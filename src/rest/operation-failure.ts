import { type ErrorCode, GatewayError } from '../kernel/error.ts';
import { isJsonObject, type Json } from '../kernel/json.ts';
import type { fallbackKind } from '../policy/fallback-header.ts';

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
  'STORAGE_UNAVAILABLE',
  'DRAINING',
]);

/** What an operation came to, as the GraphQL door would show it. */
export interface OperationAnswer {
  /** JSON text; undefined: nothing ran. */
  readonly data: string | undefined;
  readonly errors: readonly ShownError[];
  /** What `extensions.fallbacks` lists. */
  readonly fallbacks: Parameters<typeof fallbackKind>[0];
  /** What is behind the first error. */
  readonly cause: Error | undefined;
}

interface ShownError {
  readonly message: string;
  readonly extensions: { readonly [name: string]: unknown };
}

/**
 * Why an operation failed as a whole, as a route reports it: by its first error. Undefined if it gave anything: data
 * without errors, or some root field's value beside the errors of others.
 */
export function operationFailure(answer: OperationAnswer): GatewayError | undefined {
  const [first] = answer.errors;
  if (!first) return undefined;
  const data = JSON.parse(answer.data ?? 'null') as Json;
  const gaveSomething = isJsonObject(data) && Object.values(data).some((value) => value !== null);
  return gaveSomething ? undefined : fromGraphqlError(first, answer.cause);
}

function fromGraphqlError({ message, extensions }: ShownError, cause: Error | undefined): GatewayError {
  const status = refusalStatus(extensions);
  if (cause instanceof GatewayError && status === undefined) return cause;
  const { code } = extensions;
  if (typeof code !== 'string' || !KNOWN.has(code)) {
    return new GatewayError('INTERNAL', 'Internal server error', { cause: cause ?? new Error(message) });
  }
  return new GatewayError(code as ErrorCode, message, {
    cause,
    ...(status === undefined ? {} : { status }),
  });
}

function refusalStatus({ code, http }: ShownError['extensions']): number | undefined {
  if (code !== 'UPSTREAM_STATUS' || !isJsonObject(http)) return undefined;
  const { status } = http;
  return typeof status === 'number' && SAME_TO_THE_CALLER.has(status) ? status : undefined;
}
