import type { Readable } from 'node:stream';
import type { Headers } from '../kernel/scope.ts';
import type { Answered } from '../policy/cache.ts';
import type { TrackedBody } from './body.ts';
import { rememberNames } from './connection-headers.ts';
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
  /** Whether it goes by the cache; undefined: if the service's calls do. */
  readonly cached: boolean | undefined;
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
    this.cached = request.cache;
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

/** Where a name stands in the key, and for which doors it counts. */
const keyPart = rememberNames((spelt) => {
  const name = spelt.toLowerCase();
  return { name, individual: INDIVIDUAL.has(name), ofClient: name.startsWith('x-forwarded-') };
});

/**
 * Text that two calls share exactly when one answer does for both: door, method, path and every header that goes
 * out, identity and credentials among them. A GraphQL field's answer can't depend on the client's address, so there
 * `X-Forwarded-*` do not count. Names may come in any order, but not the values of one name (RFC 9110, section 5.3).
 */
export function sharingKey(call: Call): string {
  const { headers, door } = call;
  const names: string[] = [];
  const values: string[] = [];
  for (let i = 0; i + 1 < headers.length; i += 2) {
    const { name, individual, ofClient } = keyPart(headers[i] as string);
    if (individual || (ofClient && door === 'graphql')) continue;
    // Sorted on the way in: there are few, and they mostly come in the same order.
    let at = names.push(name) - 1;
    values.push(headers[i + 1] as string);
    for (; at > 0 && (names[at - 1] as string) > name; at--) {
      names[at] = names[at - 1] as string;
      values[at] = values[at - 1] as string;
    }
    names[at] = name;
    values[at] = headers[i + 1] as string;
  }
  // No part can hold a line feed, so that parts can't run into each other.
  let key = `${door}${call.renews ? '+' : ''} ${call.timeout} ${call.method} ${call.path}`;
  for (let i = 0; i < names.length; i++) key += `\n${names[i]}:${values[i]}`;
  return key;
}
