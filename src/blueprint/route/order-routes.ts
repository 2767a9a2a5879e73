import type { PathPattern, RouteBlueprint } from '../blueprint.ts';
import { covers, patternShape } from './path-pattern.ts';

/**
 * Routes by precedence: a `host` given, then the exact path, then the longest literal prefix, then a route with
 * `methods`, then one that a header selects; among what is left, the more specific path. Stable.
 */
export function orderRoutes(routes: readonly RouteBlueprint[]): RouteBlueprint[] {
  return [...routes].sort(
    (a, b) =>
      Number(b.config.host !== undefined) - Number(a.config.host !== undefined) ||
      Number(isExact(b.pattern)) - Number(isExact(a.pattern)) ||
      literalPrefix(b.pattern) - literalPrefix(a.pattern) ||
      Number(b.config.methods !== undefined) - Number(a.config.methods !== undefined) ||
      headerCount(b) - headerCount(a) ||
      compareSpecificity(a.pattern, b.pattern),
  );
}

function isExact(pattern: PathPattern): boolean {
  return !pattern.rest && pattern.segments.every((segment) => 'literal' in segment);
}

/** Characters before the first parameter or `*`. */
function literalPrefix({ segments }: PathPattern): number {
  let length = 0;
  for (const segment of segments) {
    if (!('literal' in segment)) break;
    length += segment.literal.length + 1;
  }
  return length;
}

function headerCount({ config }: RouteBlueprint): number {
  return Object.keys(config.header ?? {}).length;
}

/** Literals before parameters, segment by segment; then the longer one; then the one without a rest. */
function compareSpecificity(a: PathPattern, b: PathPattern): number {
  const length = Math.min(a.segments.length, b.segments.length);
  for (let index = 0; index < length; index += 1) {
    const left = a.segments[index];
    const right = b.segments[index];
    const difference =
      Number(right !== undefined && 'literal' in right) - Number(left !== undefined && 'literal' in left);
    if (difference !== 0) return difference;
  }
  return b.segments.length - a.segments.length || Number(a.rest) - Number(b.rest);
}

/** True if some request matches both and nothing says which one is meant. */
export function areAmbiguous(a: RouteBlueprint, b: RouteBlueprint): boolean {
  return (
    a.config.host?.toLowerCase() === b.config.host?.toLowerCase() &&
    patternShape(a.pattern) === patternShape(b.pattern) &&
    haveCommonMethod(a.config.methods, b.config.methods) &&
    haveSameHeaders(a, b)
  );
}

function haveCommonMethod(a: readonly string[] | undefined, b: readonly string[] | undefined): boolean {
  if (a === undefined || b === undefined) return a === b;
  return a.some((method) => b.includes(method));
}

/** Different values of one header exclude each other; more headers come before fewer. */
function haveSameHeaders(a: RouteBlueprint, b: RouteBlueprint): boolean {
  const mine = headersOf(a);
  const theirs = headersOf(b);
  if (mine.size !== theirs.size) return false;
  return [...mine].every(([name, value]) => !theirs.has(name) || theirs.get(name) === value);
}

function headersOf({ config }: RouteBlueprint): ReadonlyMap<string, string> {
  return new Map(Object.entries(config.header ?? {}).map(([name, value]) => [name.toLowerCase(), value]));
}

/**
 * The requests for a path of `later` that `earlier` takes, although its own path is less specific: their methods,
 * or `all` of those that `later` answers to. Empty: none.
 */
export function hiddenMethods(earlier: RouteBlueprint, later: RouteBlueprint): readonly string[] | 'all' {
  const { host, methods } = earlier.config;
  if (host !== undefined && host.toLowerCase() !== later.config.host?.toLowerCase()) return [];
  const given = headersOf(later);
  if (![...headersOf(earlier)].every(([name, value]) => given.get(name) === value)) return [];
  if (patternShape(earlier.pattern) === patternShape(later.pattern)) return [];
  if (!covers(earlier.pattern, later.pattern)) return [];
  if (methods === undefined) return 'all';
  const wanted = later.config.methods;
  if (wanted === undefined) return methods;
  const common = wanted.filter((method) => methods.includes(method));
  return common.length === wanted.length ? 'all' : common;
}
