import { createHash } from 'node:crypto';
import { GatewayError } from '../kernel/error.ts';
import { getHeader, withoutHeaders } from '../kernel/headers.ts';
import type { Headers, Scope } from '../kernel/scope.ts';
import type { Kept } from '../policy/stale.ts';
import { type Answer, type Call, isStream, sharingKey } from './call.ts';
import { Content, ContentBody } from './content-body.ts';
import { keptSize } from './kept-size.ts';

/** The largest answer that is kept, and the largest that is judged, in bytes. */
const LARGEST_KEPT = 2 * 1024 * 1024;
const LARGEST_JUDGED = 32 * 1024 * 1024;

/** An answer that was good. */
export interface GoodAnswer {
  readonly status: number;
  readonly headers: Headers;
  readonly content: Content;
}

/**
 * Equal for the same request of the same caller: forwarded headers, body and identity all count. Undefined for a call
 * that asks for no stale answer, or whose body is a stream and so can't be compared.
 */
export function stalenessKey(call: Call, scope: Scope): string | undefined {
  const { body } = call;
  if (!call.stale || isStream(body)) return undefined;
  const { principal } = scope;
  return createHash('sha256')
    .update(principal ? `${principal.via} ${principal.id}\n` : '\n')
    .update(sharingKey(call))
    .update('\n')
    .update(body ?? '')
    .digest('base64');
}

/**
 * Judges an answer to a call with `stale`. Where the call says itself what is good, the body is read first; where it
 * does not, a 5xx is bad, and a 2xx is copied while it streams past.
 */
export async function judgeAnswer(
  service: string,
  call: Call,
  answer: Answer,
  keep: (kept: Kept<GoodAnswer>) => void,
): Promise<{ answer: Answer; failure?: Error }> {
  const { status, headers, body } = answer;
  const ok = status >= 200 && status < 300;
  const keepBytes = (bytes: Buffer) => keep(goodAnswer(service, status, headers, bytes));
  const accept = call.stale?.accept;
  if (!accept) {
    if (ok) body.keep(LARGEST_KEPT, keepBytes);
    return status >= 500 ? { answer, failure: statusFailure(service, status) } : { answer };
  }
  const bytes = await body.bytes(LARGEST_JUDGED);
  const encoding = getHeader(headers, 'content-encoding');
  const content = new Content(service, encoding, () => Promise.resolve(bytes));
  const read: Answer = { ...answer, body: new ContentBody(content) };
  if (!accept({ status, headers, body: bytes }))
    return { answer: read, failure: statusFailure(service, status) };
  if (ok && bytes.length <= LARGEST_KEPT) keepBytes(bytes);
  return { answer: read };
}

/** The kept answer again. `age` in milliseconds. */
export function reviveAnswer(good: GoodAnswer, age: number, failure: Error): Answer {
  return {
    status: good.status,
    headers: good.headers,
    body: new ContentBody(good.content),
    source: 'stale',
    failure,
    age: Math.floor(age / 1000),
  };
}

function goodAnswer(service: string, status: number, headers: Headers, bytes: Buffer): Kept<GoodAnswer> {
  const encoding = getHeader(headers, 'content-encoding');
  // Its own copy: a chunk from the wire may be a slice of a much larger block. Cookies of old must not come back.
  const own = Buffer.from(bytes);
  const kept = withoutHeaders(headers, (name) => name === 'set-cookie');
  const content = new Content(service, encoding, () => Promise.resolve(own));
  return { size: keptSize(kept, own.length), value: { status, headers: kept, content } };
}

function statusFailure(service: string, status: number): GatewayError {
  return new GatewayError('UPSTREAM_STATUS', `The service ${service} answered ${status}`, {
    service,
    upstreamStatus: status,
  });
}
