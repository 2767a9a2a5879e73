import { type ErrorCode, GatewayError } from '../kernel/error.ts';
import type { JsonObject } from '../kernel/json.ts';
import { isJsonObject } from '../kernel/json.ts';
import { CallError } from './call-error.ts';
import type { ExecutionFailure } from './executor.ts';
import type { ShownError } from './operation-answer.ts';

export interface ErrorLog {
  warn(fields: object, message: string): void;
  error(fields: object, message: string): void;
}

export interface RenderOptions {
  readonly requestId: string;
  /** True: the message of an unexpected error is for the log alone. */
  readonly mask: boolean;
  readonly logger: ErrorLog;
}

/** Names that the GraphQL server gives to faults of a request, and ours for them. */
const OUR_CODE: Readonly<Record<string, ErrorCode>> = {
  BAD_REQUEST: 'BAD_USER_INPUT',
  OPERATION_RESOLUTION_FAILURE: 'BAD_USER_INPUT',
  GRAPHQL_PARSE_FAILED: 'GRAPHQL_PARSE_FAILED',
  GRAPHQL_VALIDATION_FAILED: 'GRAPHQL_VALIDATION_FAILED',
};

/** An error of an execution, as the client sees it: the only place where that is decided. */
export function renderExecutionError(error: ExecutionFailure, options: RenderOptions): ShownError {
  const cause = error.originalError;
  if (cause instanceof GatewayError) return show(error, cause.message, extensionsOf(cause, options));
  if (cause?.name === 'GraphQLError') {
    // Thrown by a resolver, on purpose and for the client; told by name, for its module may have its own copy of the class.
    return show(error, error.message, {
      code: 'INTERNAL',
      ...(error.extensions as JsonObject),
      ...base(options),
    });
  }
  // Without a cause it is the execution's own: the schema has no such operation.
  return cause === undefined ? renderInputError(error, options) : unexpected(error, cause, options);
}

/** An error in what the client gave with its document: variables, the name of the operation. */
export function renderInputError(error: ExecutionFailure, options: RenderOptions): ShownError {
  return show(error, error.message, { code: 'BAD_USER_INPUT', ...base(options) });
}

/** An error of the request itself: it could not be read, is not valid, or names no operation. */
export function renderRequestError(error: ExecutionFailure, options: RenderOptions): ShownError {
  const cause = error.originalError;
  if (cause instanceof GatewayError) return show(error, cause.message, extensionsOf(cause, options));
  const given = error.extensions.code;
  const code = typeof given === 'string' ? OUR_CODE[given] : undefined;
  const refused = (error.extensions.http as { status?: number } | undefined)?.status === 405;
  if (code === undefined && (cause !== undefined || given !== undefined))
    return unexpected(error, cause ?? error, options);
  return show(error, error.message, {
    code: refused ? 'METHOD_NOT_ALLOWED' : (code ?? 'BAD_USER_INPUT'),
    ...base(options),
  });
}

/** An error that came before any GraphQL: from the guard, or on the way to the body. */
export function renderGatewayError(error: GatewayError, options: RenderOptions): ShownError {
  if (error.code === 'INTERNAL') return unexpected(undefined, error.cause ?? error, options);
  return show(undefined, error.message, extensionsOf(error, options));
}

function extensionsOf(error: GatewayError, options: RenderOptions): JsonObject {
  const own: Record<string, JsonObject | string | number> = { code: error.code };
  if (error.service !== undefined) own.service = error.service;
  if (error instanceof CallError && error.coordinate !== undefined) {
    own.connector = { coordinate: error.coordinate };
  }
  if (error.upstreamStatus !== undefined) own.http = { status: error.upstreamStatus };
  if (error.code === 'RATE_LIMITED' && error.retryAfter !== undefined) own.retryAfter = error.retryAfter;
  if (isNews(error.cause)) {
    options.logger.warn({ requestId: options.requestId, code: error.code, err: error.cause }, error.message);
  }
  return { ...merge(own, error instanceof CallError ? error.extra : {}), ...base(options) };
}

/** Failures that the log has: one call may fail many fields. */
const logged = new WeakSet<object>();

function isNews(cause: unknown): boolean {
  if (typeof cause !== 'object' || cause === null || logged.has(cause)) return false;
  logged.add(cause);
  return !(cause instanceof GatewayError && cause.code === 'CLIENT_CLOSED');
}

function unexpected(error: ExecutionFailure | undefined, cause: unknown, options: RenderOptions): ShownError {
  options.logger.error(
    { requestId: options.requestId, err: cause, path: error?.path?.join('.') },
    'Unexpected error',
  );
  const message = !options.mask && cause instanceof Error ? cause.message : 'Internal server error';
  return show(error, message, { code: 'INTERNAL', ...base(options) });
}

function show(
  error: ExecutionFailure | undefined,
  message: string,
  extensions: ShownError['extensions'],
): ShownError {
  const { locations, path } = error ?? {};
  return { message, ...(locations && { locations }), ...(path && { path }), extensions };
}

function base({ requestId }: RenderOptions): { readonly requestId: string } {
  return { requestId };
}

/** Objects within objects are merged, everything else is replaced. */
function merge(a: JsonObject, b: JsonObject): JsonObject {
  const merged: Record<string, JsonObject[string]> = { ...a };
  for (const [name, value] of Object.entries(b)) {
    const old = merged[name];
    merged[name] = isJsonObject(old) && isJsonObject(value) ? merge(old, value) : value;
  }
  return merged;
}
