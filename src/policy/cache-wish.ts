import { getHeader } from '../kernel/headers.ts';
import type { Headers } from '../kernel/scope.ts';
import { readDirectives, readSeconds } from './cache-directives.ts';

/** What a request asks of a cache. All times in milliseconds. */
export interface Wish {
  /** For a part of the answer, or under a condition that only the service can judge: not the cache's to answer. */
  readonly bypass: boolean;
  /** The answer is not to be kept, nor to come from what is. */
  readonly noStore: boolean;
  /** Nothing kept unless the service has confirmed it now. */
  readonly noCache: boolean;
  /** Nothing but what is kept. */
  readonly onlyIfCached: boolean;
  readonly maxAge: number | undefined;
  readonly minFresh: number | undefined;
  /** How long past its time an answer is still welcome. */
  readonly maxStale: number | undefined;
  /** With `If-None-Match` or `If-Modified-Since`. */
  readonly conditional: boolean;
}

/** Whether a header of this name, in any case, says something to caches. By length first: hardly any other has these. */
function concernsCaches(name: string): boolean {
  switch (name.length) {
    case 5:
      return name.toLowerCase() === 'range';
    case 6:
      return name.toLowerCase() === 'pragma';
    case 8:
      return name.toLowerCase() === 'if-match';
    case 13:
      return /^(?:cache-control|if-none-match)$/i.test(name);
    case 17:
      return name.toLowerCase() === 'if-modified-since';
    case 19:
      return name.toLowerCase() === 'if-unmodified-since';
    default:
      return false;
  }
}

/** Reads a request's wishes (RFC 9111, section 5.2.1); undefined if it has none, as most. */
export function readWish(headers: Headers): Wish | undefined {
  for (let i = 0; i + 1 < headers.length; i += 2) {
    if (concernsCaches(headers[i] as string)) return readWishes(headers);
  }
  return undefined;
}

function readWishes(headers: Headers): Wish {
  const has = (name: string) => getHeader(headers, name) !== undefined;
  const directives = readDirectives(headers);
  const maxStale = directives.get('max-stale');
  return {
    bypass: has('range') || has('if-match') || has('if-unmodified-since'),
    noStore: directives.has('no-store'),
    // `Pragma` counts where there is no `Cache-Control` (RFC 9111, 5.4).
    noCache:
      directives.has('no-cache') ||
      (!has('cache-control') && /\bno-cache\b/i.test(getHeader(headers, 'pragma') ?? '')),
    onlyIfCached: directives.has('only-if-cached'),
    maxAge: readSeconds(directives, 'max-age'),
    minFresh: readSeconds(directives, 'min-fresh'),
    maxStale: maxStale === '' ? Number.POSITIVE_INFINITY : readSeconds(directives, 'max-stale'),
    conditional: has('if-none-match') || has('if-modified-since'),
  };
}
