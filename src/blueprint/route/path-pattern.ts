import { parsePath } from '../../config/path-pattern.ts';
import type { PathPattern } from '../blueprint.ts';

/**
 * The pattern of a route's path, or why it is none. Literals come out in the normal form that request paths have
 * (see `guard/normal-path.ts`: escapes in capitals, characters that mean nothing to a path plain).
 */
export function buildPathPattern(source: string): PathPattern | { readonly fault: string } {
  const parsed = parsePath(source);
  if ('fault' in parsed) return parsed;
  const segments = parsed.segments.map((segment) =>
    'literal' in segment ? { literal: normalForm(segment.literal) } : segment,
  );
  return { source, segments, rest: parsed.rest };
}

function normalForm(literal: string): string {
  return literal.replace(/%[0-9A-Fa-f]{2}/g, (code) => {
    const character = String.fromCharCode(Number.parseInt(code.slice(1), 16));
    return /[A-Za-z0-9\-._~!$&'()*,:=@]/.test(character) ? character : code.toUpperCase();
  });
}

/** The same for two patterns that match the same paths: parameters' names don't count. */
export function patternShape({ segments, rest }: PathPattern): string {
  const parts = segments.map((segment) => ('literal' in segment ? segment.literal : '{}'));
  return `/${[...parts, ...(rest ? ['*'] : [])].join('/')}`;
}

/** True if every path that `inner` matches is also matched by `outer`. */
export function covers(outer: PathPattern, inner: PathPattern): boolean {
  if (inner.rest && !outer.rest) return false;
  if (outer.segments.length > inner.segments.length) return false;
  if (!outer.rest && outer.segments.length !== inner.segments.length) return false;
  return outer.segments.every((segment, index) => {
    const other = inner.segments[index];
    return (
      'parameter' in segment ||
      (other !== undefined && 'literal' in other && other.literal === segment.literal)
    );
  });
}
