import type { IncomingHttpHeaders, IncomingMessage, ServerResponse } from 'node:http';
import type { Headers, Scope } from '../kernel/scope.ts';
import type { LimitRule } from '../limits/limit.ts';
import type { ReadyParts } from './gateway-response.ts';

/** One client request in normal form. Made once, by `normalise`; the doors answer on `response`. */
export interface Inbound {
  readonly method: string;
  /** Percent-encoded, judged and forwarded in this one form. */
  readonly path: string;
  /** With its `?`, or empty. */
  readonly query: string;
  /** As received, flat. */
  readonly rawHeaders: Headers;
  /** Names in lower case, as Node joins them. */
  readonly headers: IncomingHttpHeaders;
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  /** Set if the same request has been answered before: then there may be no need for these two. */
  readonly repeated?: Repeated | undefined;
}

/** A request that has come before, byte for byte. */
export interface Repeated {
  /** The whole body, and the same as text. */
  readonly body: Buffer;
  readonly text: string;
  /** Sends an answer that is ready; false, and nothing done, if only the response can. */
  sendReady(status: number, parts: ReadyParts): boolean;
}

/**
 * Answers an inbound request on its response. What it throws is rendered by the entry's `renderError`, as is what
 * `exchange` is told of by a door that goes on after its promise has been kept.
 * `answer` is the quickest way out for what is all there, `takeWhole` the quickest way to a body.
 */
export type Door = (inbound: Inbound, scope: Scope, exchange: FailureSink) => Promise<void>;

/** What a door gives that goes on by itself: there is nothing to wait for. */
export const GOES_ON: Promise<void> = Promise.resolve();

/** Who sees to it that a request that has failed is answered. */
export interface FailureSink {
  fail(error: unknown): void;
}

/** What the guard must know of the place that a request is for, before the door sees it. */
export interface Entry {
  /** Route pattern or endpoint, for logs and metrics; never made from a request. */
  readonly label: string;
  readonly auth: 'required' | 'optional' | 'none' | 'service';
  /** Any one of them is enough; empty: none asked for. */
  readonly roles: readonly string[];
  readonly scopes: readonly string[];
  /** How often it may be asked for; absent: nobody counts. */
  readonly limit?: LimitRule | undefined;
  /** It is for those who watch the gateway, who ask by address and in plain http. */
  readonly isProbe?: true;
  readonly door: Door;
  /** Writes the error in this door's format if nothing has been sent yet, else breaks the connection. */
  readonly renderError: RenderError;
}

export type RenderError = (error: unknown, inbound: Inbound, requestId: string) => void;

/** Finds the entry for a request; throws NOT_FOUND or METHOD_NOT_ALLOWED (with Allow). */
export type FindEntry = (inbound: Inbound) => Entry;
