import type { RouteConfig } from '../config/schema/route.ts';
import type { Inbound } from '../guard/inbound.ts';
import { type ErrorCode, GatewayError } from '../kernel/error.ts';
import { FALLBACK_HEADER } from '../policy/fallback-header.ts';
import type { UpstreamRequest, UpstreamResponse } from '../upstream/upstream.ts';
import { sendJson } from './send-json.ts';

/** Faults of the service behind, not of the caller or the gateway. */
const OUT_OF_REACH: ReadonlySet<ErrorCode> = new Set([
  'UPSTREAM_UNREACHABLE',
  'UPSTREAM_TIMEOUT',
  'UPSTREAM_OVERLOADED',
  'UPSTREAM_STATUS',
  'UPSTREAM_INVALID',
  'CIRCUIT_OPEN',
  'DEADLINE_EXCEEDED',
]);

export interface Fallback {
  /** What the call is to keep for worse days; undefined: nothing. */
  readonly stale: UpstreamRequest['stale'];
  /** Whether the value is to stand in for this error. */
  covers(error: unknown): boolean;
  /** Whether the value is to stand in for this answer. */
  replaces(answer: UpstreamResponse): boolean;
  /** Answers with the value. */
  send(inbound: Inbound): void;
}

/** Compiles a route's `fallback`; undefined if it has none. */
export function compileFallback(config: RouteConfig['fallback']): Fallback | undefined {
  if (!config) return undefined;
  const { status, body, stale } = config;
  return {
    stale: stale === undefined ? undefined : { maxAge: stale },
    covers: (error) => body !== undefined && error instanceof GatewayError && OUT_OF_REACH.has(error.code),
    replaces: (answer) => body !== undefined && answer.source !== 'stale' && answer.status >= 500,
    send: ({ method, response }) => {
      response.statusCode = status;
      response.setHeader(FALLBACK_HEADER, 'value');
      sendJson(response, method, body);
    },
  };
}
