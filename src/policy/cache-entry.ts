import type { Headers } from '../kernel/scope.ts';
import type { Validators } from './cache-condition.ts';
import type { Place } from './cache-store.ts';
import type { Terms } from './cache-terms.ts';
import type { Wish } from './cache-wish.ts';

/** A kept answer. `B` is what its body is kept as. */
export interface Entry<B> extends Validators {
  readonly place: Place;
  readonly terms: Terms;
  readonly status: number;
  readonly headers: Headers;
  readonly body: B;
  /** Bytes that it takes. */
  readonly size: number;
  /** A newer one is on its way. */
  refreshing: boolean;
}

/**
 * What may be done with an entry: given because it is `fresh`, because the client puts up with its age (`welcome`), or
 * while a newer one is fetched (`refresh`); else the service is to be asked, for it is `stale` or the `request` wants it.
 */
export type Verdict = 'fresh' | 'welcome' | 'refresh' | 'stale' | 'request';

/** Judges an entry for a request at a moment of `Clock.now` (RFC 9111, sections 4.2.4 and 5.2.1; RFC 5861, section 3). */
export function judgeEntry(terms: Terms, wish: Wish | undefined, now: number): Verdict {
  if (wish !== undefined && insists(terms, wish, now)) return 'request';
  if (now < terms.freshUntil) return 'fresh';
  if (wish?.maxStale !== undefined && !terms.strict && now - terms.freshUntil <= wish.maxStale)
    return 'welcome';
  return now < terms.refreshUntil ? 'refresh' : 'stale';
}

function insists({ born, freshUntil }: Terms, wish: Wish, now: number): boolean {
  const { noCache, maxAge, minFresh } = wish;
  if (noCache || maxAge === 0) return true;
  if (maxAge !== undefined && now - born > maxAge) return true;
  return minFresh !== undefined && freshUntil - now < minFresh;
}

/**
 * Text that two header lists share exactly when they have the same values for all the (lower-case) names: no header is
 * not the same as an empty one, and several of one name are a list (RFC 9111, 4.1).
 */
export function selectText(names: readonly string[], headers: Headers): string {
  let text = '';
  for (const name of names) text += `${textOf(name, headers)}\n`;
  return text;
}

function textOf(name: string, headers: Headers): string {
  let value = '';
  for (let i = 0; i + 1 < headers.length; i += 2) {
    const key = headers[i] as string;
    if (key.length !== name.length || key.toLowerCase() !== name) continue;
    value += `${value === '' ? '=' : ','}${(headers[i + 1] as string).trim()}`;
  }
  return value;
}
