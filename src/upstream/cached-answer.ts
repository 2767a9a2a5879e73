import type { ServiceConfig } from '../config/schema/service.ts';
import { getHeader } from '../kernel/headers.ts';
import type { Headers } from '../kernel/scope.ts';
import type { Answered } from '../policy/cache.ts';
import type { Entry } from '../policy/cache-entry.ts';
import { type Answer, Call, INDIVIDUAL } from './call.ts';
import { KeptBody, KeptContent } from './kept-body.ts';
import { keptSize } from './kept-size.ts';
import type { IdentityHeaders } from './outbound-headers.ts';

/** Bytes of all answers that one service's cache keeps, and of the largest one's body. */
export const CACHE_CAPACITY = 64 * 1024 * 1024;
export const LARGEST_CACHED = CACHE_CAPACITY / 16;

/** What JSON takes once it is parsed, in bytes for each byte of its text, together with that. */
const PARSED_FACTOR = 4;

/** A part of what an answer is chosen by that is on every call, or that a cache sees to itself. */
const NOBODYS = /^(?:accept|accept-.*|cache-control|pragma|range|if-.*)$/;

/** Names that an answer is for one caller by, whatever the configuration says. */
const CREDENTIALS = ['authorization', 'cookie', 'x-api-key'];

/**
 * Lower-case names of the headers by which a service tells callers apart: credentials, the gateway's own identity
 * headers, and those of the client that GraphQL calls are told to pass on, but for what merely chooses a format or
 * language. One that every call has from the configuration says nothing of the caller.
 */
export function identityNames(config: ServiceConfig['headers'], identity: IdentityHeaders): string[] {
  const fixed = new Set(Object.keys(config.set).map((name) => name.toLowerCase()));
  const names = [...CREDENTIALS, ...Object.keys(identity), ...config.forward].map((name) =>
    name.toLowerCase(),
  );
  return [...new Set(names)].filter((name) => !fixed.has(name) && !NOBODYS.test(name) && !isIndividual(name));
}

/** Whether a header of this lower-case name is another one on each call, or tells where the client is. */
export function isIndividual(name: string): boolean {
  return INDIVIDUAL.has(name) || name.startsWith('x-forwarded-');
}

/** How a call uses the cache. `cached`: the service's setting. */
export function cacheUse(call: Call, cached: boolean): 'keep' | 'pass' | 'off' {
  if (call.cached ?? cached) return call.shared && call.body === null ? 'keep' : 'pass';
  return cached ? 'pass' : 'off';
}

/** A kept body as bytes is for routes; a field could not read one that is encoded, and has not asked for it. */
export function suitsCall(entry: Entry<KeptContent>, call: Call): boolean {
  return call.door === 'rest' || entry.body.encoding === undefined;
}

/** The same call as a GET with other headers, for the cache. */
export function renewalOf(call: Call, headers: Headers): Call {
  const { path, door, shared, cached, timeout } = call;
  const cache = cached === undefined ? {} : { cache: cached };
  const renewal = new Call(
    { method: 'GET', path, headers, body: null, door, shared, ...cache },
    headers,
    timeout,
  );
  renewal.renews = true;
  return renewal;
}

/** Takes a copy of the body while it passes; false if it is known to be too large. */
export function recordAnswer(
  service: string,
  { headers, body }: Answer,
  whole: (body: KeptContent, size: number) => void,
): boolean {
  if (body.length !== undefined && body.length > LARGEST_CACHED) return false;
  const encoding = getHeader(headers, 'content-encoding');
  body.keep(LARGEST_CACHED, (bytes) => {
    const parsable = encoding === undefined && /json/i.test(getHeader(headers, 'content-type') ?? '');
    const size = keptSize(headers, parsable ? bytes.length * PARSED_FACTOR : bytes.length);
    whole(new KeptContent(service, encoding, bytes), size);
  });
  return true;
}

/** A kept answer again. `age` in whole seconds; without one the service has just confirmed it. */
export function reviveCached(
  { status, headers, body }: Pick<Entry<KeptContent>, 'status' | 'headers' | 'body'>,
  age: number | undefined,
): Answer {
  const kept = new KeptBody(body);
  return age === undefined
    ? { status, headers, body: kept, source: 'upstream' }
    : { status, headers, body: kept, source: 'cache', age };
}

const NOTHING = new KeptContent('', undefined, Buffer.alloc(0));

/** The answer with another status and headers, and without its body. */
export function bareAnswer(answer: Answer, status: number, headers: Headers): Answer {
  return { ...answer, status, headers, body: new KeptBody(NOTHING) };
}

export function noteKept(answer: Answer, kept: NonNullable<Answered['kept']>): Answer {
  return { ...answer, kept };
}

/** Says on a route's answer what the cache did; nobody reads a header of a field's. */
export function markCached(call: Call, answer: Answer, what: string): Answer {
  if (call.door === 'graphql') return answer;
  const collapsed = answer.source === 'joined' ? '; collapsed' : '';
  return { ...answer, cacheStatus: `portico; ${what}${collapsed}` };
}
