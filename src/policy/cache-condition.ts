import { getHeader, getHeaderValues, withoutHeaders } from '../kernel/headers.ts';
import type { Headers } from '../kernel/scope.ts';

/** How one version of a resource is told from another. */
export interface Validators {
  readonly etag: string | undefined;
  readonly lastModified: string | undefined;
}

const CONDITIONS: ReadonlySet<string> = new Set(['if-none-match', 'if-modified-since']);

/** Say something of a body, which a 304 does not have (RFC 9110, 15.4.5). */
const OF_THE_BODY: ReadonlySet<string> = new Set([
  'content-type',
  'content-length',
  'content-encoding',
  'content-language',
  'content-range',
]);

export function readValidators(headers: Headers): Validators {
  return { etag: getHeader(headers, 'etag'), lastModified: getHeader(headers, 'last-modified') };
}

export function withoutConditions(headers: Headers): string[] {
  return withoutHeaders(headers, (name) => CONDITIONS.has(name));
}

/** A request's headers, asking for an answer only if there is another one than the kept (RFC 9111, 4.3.1). */
export function withConditions(headers: Headers, { etag, lastModified }: Validators): Headers {
  if (etag === undefined && lastModified === undefined) return headers;
  const conditional = withoutConditions(headers);
  if (etag !== undefined) conditional.push('if-none-match', etag);
  if (lastModified !== undefined) conditional.push('if-modified-since', lastModified);
  return conditional;
}

/** Whether a request's own condition comes to: you have this already (RFC 9110, 13.1.2 and 13.1.3). */
export function isNotModified(request: Headers, answer: Headers): boolean {
  const { etag, lastModified } = readValidators(answer);
  const wanted = getHeaderValues(request, 'if-none-match');
  if (wanted.length > 0) {
    const tags = wanted.join(',').match(/\*|(?:W\/)?"[^"]*"/g) ?? [];
    return tags.some((tag) => tag === '*' || (etag !== undefined && sameVersion(tag, etag)));
  }
  const since = Date.parse(getHeader(request, 'if-modified-since') ?? '');
  const changed = Date.parse(lastModified ?? getHeader(answer, 'date') ?? '');
  return changed <= since;
}

/** Weak comparison (RFC 9110, 8.8.3.2): the same for all that a whole answer is good for. */
export function sameVersion(one: string, other: string): boolean {
  return bare(one) === bare(other);
}

function bare(etag: string): string {
  const text = etag.trim();
  return text.startsWith('W/') ? text.slice(2) : text;
}

/** The headers that a 304 in place of an answer has. */
export function notModifiedHeaders(headers: Headers): string[] {
  return withoutHeaders(headers, (name) => OF_THE_BODY.has(name));
}

/** Not taken over from a 304: they speak of this message, or of a body that it does not have (RFC 9111, 3.2). */
const OF_THE_304: ReadonlySet<string> = new Set([
  'content-length',
  'content-encoding',
  'content-range',
  'content-type',
  'set-cookie',
]);

/** Kept headers as a 304 brings them up to date: each that it has takes the place of those of its name. */
export function updateHeaders(kept: Headers, news: Headers): string[] {
  const taken = withoutHeaders(news, (name) => OF_THE_304.has(name));
  const replaced = new Set<string>();
  for (let i = 0; i < taken.length; i += 2) replaced.add((taken[i] as string).toLowerCase());
  return [...withoutHeaders(kept, (name) => replaced.has(name)), ...taken];
}
