import type { Readable, Writable } from 'node:stream';
import type { Handler } from '../kernel/handler.ts';
import type { Json } from '../kernel/json.ts';
import type { Headers } from '../kernel/scope.ts';

/**
 * One downstream service as both doors see it. There is one object per service and runtime:
 * targets, health, connections, breaker, budget and joined calls are shared by GraphQL fields and REST routes.
 */
export interface Upstream {
  readonly name: string;
  /**
   * Makes one call under all policies of the service. Answers with any status; throws a `GatewayError`
   * (UPSTREAM_UNREACHABLE, UPSTREAM_TIMEOUT, UPSTREAM_OVERLOADED, CIRCUIT_OPEN, CLIENT_CLOSED, DEADLINE_EXCEEDED)
   * if there was none. The caller must read or discard the body.
   */
  readonly call: Handler<UpstreamRequest, UpstreamResponse>;
  status(): UpstreamStatus;
  /** Asks one target's health path (or its root, if none is set) now; seconds it took, or the reason it failed. */
  probe(): Promise<{ readonly ok: boolean; readonly url: string; readonly seconds: number }>;
  /** Lets calls in flight end, then closes the connections. */
  dispose(): Promise<void>;
}

export interface UpstreamRequest {
  readonly method: string;
  /** Path and query below the target's base URL; starts with `/`, already encoded. */
  readonly path: string;
  /** End-to-end headers of this call. The gateway's own (trace, identity, forwarded) are added below. */
  readonly headers: Headers;
  readonly body: string | Buffer | Readable | null;
  /** Milliseconds to response headers; instead of the service's `timeout`. */
  readonly timeout?: number;
  /** `false`: this call is neither joined nor cached, whatever the service says. */
  readonly shared?: boolean;
  /** Whether the answer may come from the cache and be kept in it; instead of the service's `cache`. */
  readonly cache?: boolean;
  /** Which door it came through; tells which headers its joining goes by. */
  readonly door: 'graphql' | 'rest';
  /** Keeps good answers to the same request and identity, and gives the last one when the call fails. */
  readonly stale?: {
    /** Milliseconds that it may be old. */
    readonly maxAge: number;
    /** What counts as good, beside a 2xx status. */
    accept?(response: BufferedResponse): boolean;
  };
}

export interface UpstreamResponse {
  readonly status: number;
  readonly headers: Headers;
  readonly body: Body;
  /** Where it came from. `joined`: another caller's identical call; `stale`: kept, because the call failed. */
  readonly source: 'upstream' | 'joined' | 'cache' | 'stale';
  /** With `stale`: why the call itself failed. */
  readonly failure?: Error;
  /** Whole seconds since the answer was made, for `cache` and `stale`. */
  readonly age?: number;
  /** What the service's cache did, as `Cache-Status` (RFC 9211) has it; on routes where there is one. */
  readonly cacheStatus?: string;
}

/** The body of an answer: read once, in one of these ways. */
export interface Body {
  /**
   * Writes it to `sink` with back-pressure and ends the sink. If the upstream breaks off, the sink is destroyed; it is
   * left alone if nothing was written to it yet.
   */
  pipe(sink: Writable): Promise<void>;
  /** All of it; throws UPSTREAM_INVALID (broken, or more than `limit` bytes), UPSTREAM_TIMEOUT or CLIENT_CLOSED. */
  bytes(limit: number): Promise<Buffer>;
  /** Parsed once, also if the answer is shared by several callers; throws UPSTREAM_INVALID. Treat as frozen. */
  json(limit: number): Promise<Json | undefined>;
  stream(): Readable;
  /** Lets go of it unread. */
  discard(): void;
}

export interface BufferedResponse {
  readonly status: number;
  readonly headers: Headers;
  readonly body: Buffer;
}

export interface UpstreamStatus {
  readonly status: 'healthy' | 'degraded' | 'unhealthy';
  readonly breaker: 'closed' | 'open' | 'half-open';
  readonly inFlight: number;
  readonly targets: readonly {
    readonly url: string;
    readonly healthy: boolean;
    readonly inFlight: number;
  }[];
}

/** Told of what happens to calls; metrics and traces listen here. */
export interface UpstreamObserver {
  /** Once per attempt that went out. `seconds` to the response headers. */
  attempt?(event: { service: string; target: string; status: number | undefined; seconds: number }): void;
  /** Once per call, whatever became of it. */
  call?(event: { service: string; outcome: CallOutcome }): void;
  breaker?(event: { service: string; state: UpstreamStatus['breaker'] }): void;
  target?(event: { service: string; target: string; healthy: boolean; reason: string }): void;
}
export type CallOutcome = 'ok' | 'error' | 'timeout' | 'open' | 'shed' | 'cached' | 'joined' | 'stale';
