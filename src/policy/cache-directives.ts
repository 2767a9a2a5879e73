import { getHeaderValues } from '../kernel/headers.ts';
import type { Headers } from '../kernel/scope.ts';

/** Directives of `Cache-Control`: lower-case name → value without its quotes, empty if there was none. */
export type Directives = ReadonlyMap<string, string>;

/** A name, perhaps a value, bare or in quotes; and whatever else stands before the next comma. */
const DIRECTIVE = /([^\s,;="]+)(?:\s*=\s*(?:"((?:[^"\\]|\\.)*)"|([^\s,"]*)))?[^,]*/g;

/** 2^31 seconds: what RFC 9111, 1.2.2, has a cache take larger numbers for. */
const FOREVER = 2 ** 31;

/**
 * The directives of all `Cache-Control` lines together (RFC 9111, section 5.2). Of one that is given twice the first
 * counts (4.2.1). A comma inside of quotes ends nothing.
 */
export function readDirectives(headers: Headers): Directives {
  const directives = new Map<string, string>();
  for (const [, name = '', quoted, bare] of getHeaderValues(headers, 'cache-control')
    .join(',')
    .matchAll(DIRECTIVE)) {
    const key = name.toLowerCase();
    if (!directives.has(key)) directives.set(key, quoted ?? bare ?? '');
  }
  return directives;
}

/** The directives as one header value. */
export function writeDirectives(directives: Iterable<readonly [name: string, value: string]>): string {
  return [...directives].map(([name, value]) => (value === '' ? name : `${name}=${value}`)).join(',');
}

/** A directive's seconds as milliseconds; undefined if it is absent, 0 for what is no number: then nothing is promised. */
export function readSeconds(directives: Directives, name: string): number | undefined {
  const value = directives.get(name);
  if (value === undefined) return undefined;
  return /^\d+$/.test(value) ? Math.min(Number(value), FOREVER) * 1000 : 0;
}
