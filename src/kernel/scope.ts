import type { Signal } from './abort.ts';
import type { Principal } from './principal.ts';

/** W3C trace context of one inbound request, as read or begun by the gateway. */
export interface Trace {
  /** 32 lower-case hex digits. */
  readonly traceId: string;
  /** 16 lower-case hex digits: the gateway's own span, the parent of every upstream call. */
  readonly spanId: string;
  /** 2 hex digits; `01` is sampled. */
  readonly flags: string;
  /** `tracestate` and `baggage` as received, empty if there was none. */
  readonly state: string;
  readonly baggage: string;
}

/** Who is at the other end of the socket, after trusted proxies have been believed. */
export interface Client {
  readonly ip: string;
  readonly protocol: 'http' | 'https';
  /** The Host that the client asked for, with port if it gave one. */
  readonly host: string;
  /** The `X-Forwarded-For` value to send upstream: trusted hops and the client. */
  readonly forwardedFor: string;
}

/**
 * What belongs to one inbound request and travels with every call made for it.
 * Health probes and other calls of the gateway's own have a scope without client and principal.
 */
export interface Scope {
  /** Aborts when the client goes away or the deadline passes. Its reason is a `GatewayError`. */
  readonly signal: Signal;
  /** Moment after which no answer is of use, in milliseconds of `Clock.now`; Infinity: none. */
  readonly deadline: number;
  readonly requestId: string;
  readonly trace: Trace;
  readonly client?: Client;
  /** Set once the caller has proved who it is. */
  readonly principal?: Principal;
  /** The client's headers, flat and as received; empty for the gateway's own calls. */
  readonly headers: Headers;
}

/**
 * Header list as it is on the wire: name, value, name, value …
 * It keeps order, spelling and repetition, and both Node and undici take it as it is.
 */
export type Headers = readonly string[];
