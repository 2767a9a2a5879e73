import type { RouteConfig } from '../config/schema/route.ts';
import type { Inbound } from '../guard/inbound.ts';
import { FALLBACK_HEADER } from '../policy/fallback-header.ts';
import { isUnanswered } from '../upstream/failure.ts';
import type { UpstreamRequest, UpstreamResponse } from '../upstream/upstream.ts';
import { sendJson } from './send-json.ts';

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
    covers: (error) => body !== undefined && isUnanswered(error),
    replaces: (answer) => body !== undefined && answer.source !== 'stale' && answer.status >= 500,
    send: ({ method, response }) => {
      response.statusCode = status;
      response.setHeader(FALLBACK_HEADER, 'value');
      sendJson(response, method, body);
    },
  };
}
