/** Every way a request can fail, as both doors name it. Closed: a renderer may switch over it. */
export type ErrorCode =
  // the service behind
  | 'UPSTREAM_UNREACHABLE'
  | 'UPSTREAM_TIMEOUT'
  | 'UPSTREAM_OVERLOADED'
  | 'CIRCUIT_OPEN'
  | 'UPSTREAM_STATUS'
  | 'UPSTREAM_INVALID'
  // the caller
  | 'UNAUTHENTICATED'
  | 'FORBIDDEN'
  | 'RATE_LIMITED'
  | 'CLIENT_CLOSED'
  // the request
  | 'BAD_REQUEST'
  | 'BAD_USER_INPUT'
  | 'NOT_FOUND'
  | 'NOT_CACHED'
  | 'METHOD_NOT_ALLOWED'
  | 'REQUEST_TIMEOUT'
  | 'PAYLOAD_TOO_LARGE'
  | 'URI_TOO_LONG'
  | 'UNSUPPORTED_MEDIA_TYPE'
  | 'MISDIRECTED_REQUEST'
  | 'HEADERS_TOO_LARGE'
  // the operation
  | 'GRAPHQL_PARSE_FAILED'
  | 'GRAPHQL_VALIDATION_FAILED'
  | 'OPERATION_TOO_COSTLY'
  | 'PERSISTED_QUERY_NOT_FOUND'
  // the gateway
  | 'STORAGE_UNAVAILABLE'
  | 'DRAINING'
  | 'DEADLINE_EXCEEDED'
  | 'INTERNAL';

/** HTTP status of each code on a REST route, unless the error carries its own. */
const STATUS: Readonly<Record<ErrorCode, number>> = {
  UPSTREAM_UNREACHABLE: 502,
  UPSTREAM_TIMEOUT: 504,
  UPSTREAM_OVERLOADED: 503,
  CIRCUIT_OPEN: 503,
  UPSTREAM_STATUS: 502,
  UPSTREAM_INVALID: 502,
  UNAUTHENTICATED: 401,
  FORBIDDEN: 403,
  RATE_LIMITED: 429,
  CLIENT_CLOSED: 499,
  BAD_REQUEST: 400,
  BAD_USER_INPUT: 400,
  NOT_FOUND: 404,
  NOT_CACHED: 504,
  METHOD_NOT_ALLOWED: 405,
  REQUEST_TIMEOUT: 408,
  PAYLOAD_TOO_LARGE: 413,
  URI_TOO_LONG: 414,
  UNSUPPORTED_MEDIA_TYPE: 415,
  MISDIRECTED_REQUEST: 421,
  HEADERS_TOO_LARGE: 431,
  GRAPHQL_PARSE_FAILED: 400,
  GRAPHQL_VALIDATION_FAILED: 400,
  OPERATION_TOO_COSTLY: 400,
  PERSISTED_QUERY_NOT_FOUND: 400,
  STORAGE_UNAVAILABLE: 503,
  DRAINING: 503,
  DEADLINE_EXCEEDED: 504,
  INTERNAL: 500,
};

export interface GatewayErrorOptions {
  readonly cause?: unknown;
  /** Overrides the code's own status: `UPSTREAM_UNREACHABLE` with no healthy target is a 503, say. */
  readonly status?: number;
  /** Name of the service that the failed call was for. */
  readonly service?: string;
  /** Status of the service's answer, where there was one. */
  readonly upstreamStatus?: number;
  /** Seconds after which another try makes sense; becomes `Retry-After`. */
  readonly retryAfter?: number;
  /** Extra response headers, name to value: `Allow`, `WWW-Authenticate`. */
  readonly headers?: Readonly<Record<string, string>>;
  /** What failed where, for validation: a JSON pointer or a parameter's name, and the reason. */
  readonly problems?: readonly { readonly at: string; readonly message: string }[];
}

/**
 * The one error of the gateway. `message` is written for the client and never shows internals;
 * what really happened is in `cause`, for the log.
 */
export class GatewayError extends Error {
  override readonly name = 'GatewayError';
  readonly code: ErrorCode;
  readonly status: number;
  readonly service: string | undefined;
  readonly upstreamStatus: number | undefined;
  readonly retryAfter: number | undefined;
  readonly headers: Readonly<Record<string, string>>;
  readonly problems: readonly { readonly at: string; readonly message: string }[];

  constructor(code: ErrorCode, message: string, options: GatewayErrorOptions = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.code = code;
    this.status = options.status ?? STATUS[code];
    this.service = options.service;
    this.upstreamStatus = options.upstreamStatus;
    this.retryAfter = options.retryAfter;
    this.headers = options.headers ?? {};
    this.problems = options.problems ?? [];
  }
}

/** The error as it is if it is ours, else an INTERNAL one that keeps it as its cause. */
export function asGatewayError(error: unknown): GatewayError {
  if (error instanceof GatewayError) return error;
  return new GatewayError('INTERNAL', 'Internal server error', { cause: error });
}
