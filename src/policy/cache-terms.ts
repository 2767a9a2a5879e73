import CachePolicy from 'http-cache-semantics';
import type { Clock } from '../kernel/clock.ts';
import { getHeader, getHeaderValues } from '../kernel/headers.ts';
import type { Headers } from '../kernel/scope.ts';
import { readValidators } from './cache-condition.ts';
import { type Directives, readDirectives, readSeconds, writeDirectives } from './cache-directives.ts';

/** For whom and for how long an answer may be kept. Moments are in milliseconds of `Clock.now`. */
export interface Terms {
  /** The lower-case names of the request headers that it was chosen by: it is for requests with the same values. */
  readonly names: readonly string[];
  /** When its age was 0. */
  readonly born: number;
  readonly freshUntil: number;
  /** Until then it may be given once more while a newer one is fetched (RFC 5861, section 3). */
  readonly refreshUntil: number;
  /** Until then it may stand in for a failure (RFC 5861, section 4). */
  readonly errorUntil: number;
  /** Never without the service's word once it is stale, whatever a client would put up with. */
  readonly strict: boolean;
}

/** An answer to a GET and what it answers. */
export interface Exchanged {
  readonly request: Headers;
  readonly status: number;
  readonly answer: Headers;
  /** When the request went out. */
  readonly begun: number;
}

export interface TermsOptions {
  readonly clock: Clock;
  /** Lower-case names of the request headers by which a service tells callers apart. */
  readonly identity: readonly string[];
  /** Whether a request header of this lower-case name differs from request to request. */
  individual(name: string): boolean;
}

/** `immutable` does not make an answer fresh (RFC 8246); it is only about those that are. */
const OPTIONS = { shared: true, immutableMinTimeToLive: 0 };

/** Forbid a stale answer, each in its way (RFC 9111, 4.2.4). */
const STRICT = ['must-revalidate', 'proxy-revalidate', 's-maxage', 'no-cache'];

/**
 * The terms on which a shared cache may keep an answer (RFC 9111); undefined if it may not, or would have no use of it:
 * neither fresh for a while nor able to be confirmed.
 *
 * An answer is for callers of the same identity alone, unless it says `public` or `s-maxage`: RFC 9111, 3.5, says so of
 * `Authorization`, and it is as true of the headers in which the gateway names the caller. One that sets a cookie is
 * never kept.
 */
export function judgeTerms(exchanged: Exchanged, options: TermsOptions): Terms | undefined {
  const { answer } = exchanged;
  const directives = readDirectives(answer);
  if (getHeader(answer, 'set-cookie') !== undefined) return undefined;
  const names = namesOf(answer, directives, options);
  if (!names) return undefined;
  const policy = readPolicy(exchanged, directives, options);
  if (!policy.storable()) return undefined;

  const now = options.clock.now();
  const born = now - initialAge(exchanged, options.clock);
  const strict = STRICT.some((name) => directives.has(name));
  const freshUntil = born + policy.maxAge() * 1000;
  const extended = (name: string) => freshUntil + (strict ? 0 : (readSeconds(directives, name) ?? 0));
  const refreshUntil = extended('stale-while-revalidate');
  const errorUntil = extended('stale-if-error');
  if (Math.max(refreshUntil, errorUntil) <= now && !isConfirmable(answer)) return undefined;
  return { names, born, freshUntil, refreshUntil, errorUntil, strict };
}

/** An answer that speaks of caching at all and has a version that the service can be asked about. */
function isConfirmable(answer: Headers): boolean {
  const { etag, lastModified } = readValidators(answer);
  if (etag === undefined && lastModified === undefined) return false;
  return getHeader(answer, 'cache-control') !== undefined || getHeader(answer, 'expires') !== undefined;
}

function namesOf(
  answer: Headers,
  directives: Directives,
  options: TermsOptions,
): readonly string[] | undefined {
  const names = new Set(
    getHeaderValues(answer, 'vary')
      .flatMap((value) => value.toLowerCase().split(','))
      .map((name) => name.trim())
      .filter((name) => name !== ''),
  );
  for (const name of names) if (name === '*' || options.individual(name)) return undefined;
  // Said by many services only where they compress, and by some not at all.
  if (getHeader(answer, 'content-encoding') !== undefined) names.add('accept-encoding');
  if (!directives.has('public') && !directives.has('s-maxage'))
    for (const name of options.identity) names.add(name);
  return [...names].sort();
}

/**
 * The library's view, corrected around where it differs from the standard. It wants directives in lower case, takes the
 * last of two, and cuts quoted values at commas, so it gets them as we read them. It takes `proxy-revalidate` for no
 * freshness at all, which is meant for what has become stale (5.2.2.8), so it does not get that one. Its `age` knows
 * nothing of `Date` and delay, its `evaluateRequest` never lets a fresh `must-revalidate` pass, its
 * `stale-while-revalidate` passes over the directives that forbid it, and its `revalidatedPolicy` leaves out headers
 * that are new in a 304: those are done here and in the neighbouring files. It does not get `Last-Modified`, from which
 * it would guess a freshness that the answer does not state: nobody expects an API's answer to be days old.
 */
function readPolicy(
  { request, status, answer }: Exchanged,
  directives: Directives,
  { clock, identity }: TermsOptions,
): CachePolicy {
  const stated = [...directives].filter(([name]) => name !== 'proxy-revalidate').map(sane);
  return new CachePolicy(
    {
      method: 'GET',
      headers: {
        // One that the gateway sends with every call, whoever asks, is not the caller's.
        authorization: identity.includes('authorization') ? getHeader(request, 'authorization') : undefined,
        'cache-control': readDirectives(request).has('no-store') ? 'no-store' : undefined,
      },
    },
    {
      status,
      headers: {
        'cache-control':
          getHeader(answer, 'cache-control') === undefined ? undefined : writeDirectives(stated),
        pragma: getHeader(answer, 'pragma'),
        expires: getHeader(answer, 'expires'),
        date: new Date(dateOf(answer, clock)).toUTCString(),
      },
    },
    OPTIONS,
  );
}

/** Seconds that are none are 0, and not the number that they begin with; a value never holds what ends it. */
function sane([name, value]: readonly [string, string]): readonly [string, string] {
  if (name === 'max-age' || name === 's-maxage') return [name, /^\d+$/.test(value) ? value : '0'];
  return [name, ''];
}

/** Milliseconds that an answer is old when it arrives (RFC 9111, 4.2.3), by what each cache on the way says and by its date. */
function initialAge({ answer, begun }: Exchanged, clock: Clock): number {
  const stated = getHeader(answer, 'age') ?? '';
  const corrected = (/^\d+$/.test(stated) ? Number(stated) * 1000 : 0) + clock.now() - begun;
  // Dates are in whole seconds, so that a part of one says nothing.
  const apparent = Math.floor(clock.wall() / 1000) * 1000 - dateOf(answer, clock);
  return Math.max(corrected, apparent, 0);
}

/** When the answer was made, in milliseconds since 1970: now, if it does not say so. */
function dateOf(answer: Headers, clock: Clock): number {
  const stated = Date.parse(getHeader(answer, 'date') ?? '');
  return Number.isNaN(stated) ? clock.wall() : stated;
}
