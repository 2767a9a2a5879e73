import type { PathPattern } from '../blueprint/blueprint.ts';

/** What a path gave for a pattern that it matches. */
export interface PathMatch {
  /** By name, still percent-encoded. */
  readonly parameters: ReadonlyMap<string, string>;
  /** What the final `*` stands for, with its leading slash; empty if there is nothing. */
  readonly rest: string;
}

/** Takes the values out of a percent-encoded path that the pattern is known to match. */
export function matchPath(pattern: PathPattern, path: string): PathMatch {
  const parameters = new Map<string, string>();
  let start = 1;
  for (const segment of pattern.segments) {
    const slash = path.indexOf('/', start);
    const end = slash < 0 ? path.length : slash;
    if ('parameter' in segment) parameters.set(segment.parameter, path.slice(start, end));
    start = end + 1;
  }
  return { parameters, rest: pattern.rest ? path.slice(start - 1) : '' };
}

/** The values of a match as the client meant them: percent-decoded. */
export function decodeParameters(match: PathMatch): Record<string, string> {
  return Object.fromEntries(
    [...match.parameters].map(([name, value]) => [name, decodeSegment(value)] as const),
  );
}

function decodeSegment(value: string): string {
  try {
    return decodeURIComponent(value);
  } catch {
    return value;
  }
}

/**
 * Compiles `rewrite` into a function from the client's path to the target's. `{name}` inserts a segment and a
 * final `/*` the rest, both as they are encoded: no value can become more than the segment it was.
 * Throws an `Error` if it names a parameter that the pattern lacks.
 */
export function compileRewrite(rewrite: string, pattern: PathPattern): (path: string) => string {
  const known = new Set(pattern.segments.flatMap((s) => ('parameter' in s ? [s.parameter] : [])));
  const keepsRest = rewrite.endsWith('/*');
  const parts = (keepsRest ? rewrite.slice(0, -2) : rewrite).split(/\{([^{}]*)\}/);
  for (let i = 1; i < parts.length; i += 2) {
    if (!known.has(parts[i] as string)) {
      throw new Error(`rewrite ${rewrite} names {${parts[i]}}, which ${pattern.source} does not have`);
    }
  }
  return (path) => {
    const match = matchPath(pattern, path);
    let target = '';
    for (let i = 0; i < parts.length; i++) {
      target += i % 2 === 0 ? parts[i] : (match.parameters.get(parts[i] as string) ?? '');
    }
    if (keepsRest) target += match.rest;
    return target === '' ? '/' : target;
  };
}
