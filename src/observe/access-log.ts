import type { Principal } from '../kernel/principal.ts';
import type { Client, Scope } from '../kernel/scope.ts';
import type { Logger } from './logger.ts';

/** What is known of a request once its answer has gone out, or its client has gone away. */
export interface AccessRecord {
  readonly method: string;
  /** Without the query, which may hold what should not be in a log. */
  readonly path: string;
  /** Pattern of the route or name of the endpoint; undefined if there was none for the request. */
  readonly route: string | undefined;
  /** As sent; 499 if the client left before there was one. */
  readonly status: number;
  /** Seconds from the request's head to the end of the answer. */
  readonly duration: number;
  /** The answer did not reach the client in full. */
  readonly aborted: boolean;
}

/** What a line says of caller and trace; less is known of a request that was refused early. */
export interface AccessScope extends Pick<Scope, 'requestId' | 'trace'> {
  readonly client: Client;
  readonly principal: Principal | undefined;
}

/** Writes one line for a request: always at `info`, so that one level shows all traffic. */
export function logAccess(logger: Logger, record: AccessRecord, scope: AccessScope): void {
  const fields = {
    method: record.method,
    path: record.path,
    route: record.route,
    status: record.status,
    duration: Math.round(record.duration * 1e6) / 1e6,
    user: scope.principal?.id ?? null,
    ip: scope.client.ip,
    requestId: scope.requestId,
    traceId: scope.trace.traceId,
    ...(record.aborted ? { aborted: true } : {}),
  };
  logger.info(fields, 'request');
}
