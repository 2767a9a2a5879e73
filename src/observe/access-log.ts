import type { Logger } from './logger.ts';

/** What is told of a request once its answer has gone out, or its client has gone away. */
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
  /** Id of the caller, if it is known. */
  readonly user: string | undefined;
  readonly ip: string;
  readonly requestId: string;
  readonly traceId: string;
  /** The answer did not reach the client in full. */
  readonly aborted: boolean;
}

/** Writes one line for a request: always at `info`, so that one level shows all traffic. */
export type AccessLog = (record: AccessRecord) => void;

export function createAccessLog(logger: Logger): AccessLog {
  return (record) => logger.info(fieldsOf(record), 'request');
}

function fieldsOf({ duration, user, aborted, ...record }: AccessRecord): object {
  const { method, path, route, status, ip, requestId, traceId } = record;
  return {
    method,
    path,
    route,
    status,
    duration: Math.round(duration * 1e6) / 1e6,
    user: user ?? null,
    ip,
    requestId,
    traceId,
    ...(aborted ? { aborted: true } : {}),
  };
}
