import type { Readable } from 'node:stream';
import type { Headers } from '../kernel/scope.ts';
import type { Answered } from '../policy/cache.ts';
import type { TrackedBody } from './body.ts';
import type { UpstreamRequest, UpstreamResponse } from './upstream.ts';

/** The attempt that is under way, as the layers above the transport steer it. */
export interface Attempt {
  /** Breaks it off: before the answer it fails with `error`, after that its body does. */
  cancel(error: Error): void;
  /**
   * Whether the time since the last question was not the service's to answer for:
   * the request body was still moving, or the client had not sent it yet.
   */
  excused(): boolean;
  /** Whether it waits for more of the request body than the client has sent so far. */
  starved(): boolean;
}

/** One call on its way down through the layers: the request with its final headers, and what attempts leave behind. */
export class Call {
  readonly method: string;
  readonly path: string;
  /** Exactly what goes out, beside `host` and framing. */
  readonly headers: Headers;
  readonly body: UpstreamRequest['body'];
  readonly door: UpstreamRequest['door'];
  readonly shared: boolean;
  readonly cached: boolean;
  readonly stale: UpstreamRequest['stale'];
  /** Milliseconds to response headers, for each attempt. */
  readonly timeout: number;
  /** Asks on the cache's behalf whether what is kept still holds: joins only its like, for a client would not get its 304. */
  renews = false;
  /** Targets that attempts went to; another try prefers others. */
  tried: object[] | undefined = undefined;
  attempt: Attempt | undefined = undefined;
  /** Whether the last attempt may have put bytes on the wire. */
  sent = false;

  constructor(request: UpstreamRequest, headers: Headers, timeout: number) {
    this.method = request.method;
    this.path = request.path;
    this.headers = headers;
    this.body = request.body;
    this.door = request.door;
    this.shared = request.shared !== false;
    this.cached = request.cache === true;
    this.stale = request.stale;
    this.timeout = timeout;
  }
}

/** What a layer answers with: a response whose body tells when it is done with. */
export interface Answer extends UpstreamResponse, Answered {
  readonly body: TrackedBody;
}

/** Whether a body comes in bit by bit, so that it can be sent only once. */
export function isStream(body: UpstreamRequest['body']): body is Readable {
  return typeof body === 'object' && body !== null && !Buffer.isBuffer(body);
}

/** Differ from call to call without changing the answer. */
export const INDIVIDUAL: ReadonlySet<string> = new Set([
  'x-request-id',
  'traceparent',
  'tracestate',
  'baggage',
  'via',
]);

/**
 * Text that two calls share exactly when one answer does for both: door, method, path and every header that goes
 * out, identity and credentials among them. A GraphQL field's answer can't depend on the client's address, so there
 * `X-Forwarded-*` do not count.
 */
export function sharingKey(call: Call): string {
  const lines: string[] = [];
  const { headers } = call;
  for (let i = 0; i + 1 < headers.length; i += 2) {
    const name = (headers[i] as string).toLowerCase();
    if (INDIVIDUAL.has(name)) continue;
    if (call.door === 'graphql' && name.startsWith('x-forwarded-')) continue;
    lines.push(`${name}:${headers[i + 1]}`);
  }
  lines.sort();
  // No part can hold a line feed, so that parts can't run into each other.
  return `${call.door}${call.renews ? '+' : ''} ${call.timeout} ${call.method} ${call.path}\n${lines.join('\n')}`;
}
