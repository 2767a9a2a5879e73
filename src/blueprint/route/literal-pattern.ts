import type { PathPattern } from '../blueprint.ts';

/** Pattern of one path and no other, segment by segment as it is: `/api/health/` is not `/api/health`. */
export function literalPattern(source: string): PathPattern {
  const segments = source === '/' ? [] : source.slice(1).split('/');
  return { source, segments: segments.map((literal) => ({ literal })), rest: false };
}
