import type { Connector } from '../blueprint/blueprint.ts';
import { type ErrorCode, GatewayError } from '../kernel/error.ts';
import type { JsonObject } from '../kernel/json.ts';

/** Text for a client when no `errors.message` is mapped; says what happened and nothing of the inside. */
const MESSAGE: Partial<Record<ErrorCode, (service: string) => string>> = {
  UPSTREAM_UNREACHABLE: (service) => `Service "${service}" cannot be reached`,
  UPSTREAM_TIMEOUT: (service) => `Service "${service}" did not answer in time`,
  UPSTREAM_OVERLOADED: (service) => `Service "${service}" has too many calls waiting`,
  UPSTREAM_INVALID: (service) => `Service "${service}" gave an answer that cannot be read`,
  CIRCUIT_OPEN: (service) => `Service "${service}" keeps failing and is not called for a moment`,
  CLIENT_CLOSED: () => 'The client went away',
};

interface CallErrorOptions {
  readonly connector: Connector | undefined;
  readonly service: string | undefined;
  readonly status?: number | undefined;
  readonly message?: string | undefined;
  readonly extensions?: JsonObject | undefined;
  readonly cause?: unknown;
}

/** A call that failed, or an answer that does not fit the schema, told to the field that needed it. */
export class CallError extends GatewayError {
  readonly coordinate: string | undefined;
  /** What `errors.extensions` of the connector adds. */
  readonly extra: JsonObject;

  constructor(code: ErrorCode, options: CallErrorOptions) {
    const service = options.service ?? options.connector?.service;
    super(code, options.message ?? defaultMessage(code, service), {
      ...(options.cause === undefined ? {} : { cause: options.cause }),
      ...(service === undefined ? {} : { service }),
      ...(options.status === undefined ? {} : { upstreamStatus: options.status }),
    });
    this.coordinate = options.connector?.coordinate;
    this.extra = options.extensions ?? {};
  }
}

function defaultMessage(code: ErrorCode, service: string | undefined): string {
  return MESSAGE[code]?.(service ?? 'unknown') ?? 'The call failed';
}

/**
 * What an upstream threw, as the failure of a connector's call. A deadline that passed is a timeout to
 * the field; errors that are not about the call (a fault of ours) come back as they are.
 */
export function asCallError(error: unknown, service: string, connector?: Connector): unknown {
  if (error instanceof CallError || !(error instanceof GatewayError)) return error;
  const code = CODE[error.code] ?? error.code;
  if (MESSAGE[code] === undefined) return error;
  return new CallError(code, { connector, service, status: error.upstreamStatus, cause: error });
}

const CODE: Partial<Record<ErrorCode, ErrorCode>> = {
  DEADLINE_EXCEEDED: 'UPSTREAM_TIMEOUT',
  PAYLOAD_TOO_LARGE: 'UPSTREAM_INVALID',
};

/** An entity that its service does not have, met at a field that cannot be null. */
export class AbsentEntityError extends CallError {
  /** True: the entity stands where null may stand, so null alone says it. */
  readonly silent: boolean;

  constructor(typeName: string, connector: Connector, silent: boolean) {
    super('UPSTREAM_INVALID', { connector, service: undefined, message: `There is no such ${typeName}` });
    this.silent = silent;
  }
}

/** Whether `@fallback` answers for this error: a call failed, not the gateway and not the client. */
export function isCallFailure(error: unknown): error is GatewayError {
  if (!(error instanceof GatewayError)) return false;
  return error.code.startsWith('UPSTREAM_') || error.code === 'CIRCUIT_OPEN';
}
