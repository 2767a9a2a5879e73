import type { PathPattern } from '../blueprint/blueprint.ts';
import { hostName } from '../guard/authority.ts';
import type { Entry, FindEntry, Inbound } from '../guard/inbound.ts';
import { GatewayError } from '../kernel/error.ts';

/** One thing that requests can be for: a route, or an endpoint of the gateway's own. */
export interface TableRow {
  readonly pattern: PathPattern;
  /** Absent: every method. `GET` serves `HEAD` as well, unless a twin row names `HEAD` itself. */
  readonly methods?: readonly string[];
  /** Compared without case; without a port it fits any port. */
  readonly host?: string;
  /** Every one of these must be sent with exactly this value. */
  readonly header?: Readonly<Record<string, string>>;
  readonly entry: Entry;
}

/** A row as the search needs it: prepared once, compared with numbers and sets. */
interface Candidate {
  readonly rank: number;
  readonly methods: ReadonlySet<string> | undefined;
  readonly host: string | undefined;
  readonly hostHasPort: boolean;
  readonly header: readonly (readonly [name: string, value: string])[];
  readonly entry: Entry;
}

/** One segment deep in the tree of all paths. */
interface Node {
  readonly literals: Map<string, Node>;
  parameter: Node | undefined;
  readonly exact: Candidate[];
  readonly rest: Candidate[];
}

/**
 * Indexes rows, given in order of precedence and with literals in the normal form of request paths, into a search for the first one that fits a request.
 * The search walks the path's own segments, so its cost does not grow with the number of rows.
 * It throws NOT_FOUND for an unknown path and METHOD_NOT_ALLOWED, with every method of the path in `Allow`
 * (RFC 9110, 15.5.6), where only the method is wrong.
 */
export function createRouteTable(rows: readonly TableRow[]): FindEntry {
  const root = createNode();
  for (const [rank, row] of rows.entries()) insert(root, row.pattern, toCandidate(row, rank, rows));
  const candidatesOf = (path: string): Candidate[] => {
    const found: Candidate[] = [];
    collect(root, path, 1, found);
    return found;
  };
  // Paths that are written out in full need no search: what fits them is known.
  const known = new Map(literalPaths(rows).map((path) => [path, candidatesOf(path)]));
  return (inbound) => pick(known.get(inbound.path) ?? candidatesOf(inbound.path), inbound);
}

function literalPaths(rows: readonly TableRow[]): string[] {
  return rows.flatMap(({ pattern }) => {
    const literals = pattern.segments.flatMap((segment) => ('literal' in segment ? segment.literal : []));
    return literals.length === pattern.segments.length ? [`/${literals.join('/')}`] : [];
  });
}

function createNode(): Node {
  return { literals: new Map(), parameter: undefined, exact: [], rest: [] };
}

function insert(root: Node, pattern: PathPattern, candidate: Candidate): void {
  let node = root;
  for (const segment of pattern.segments) {
    if ('parameter' in segment) {
      node.parameter ??= createNode();
      node = node.parameter;
    } else {
      node = literalChild(node, segment.literal);
    }
  }
  if (pattern.rest) node.rest.push(candidate);
  // `/` is one empty segment, however the pattern spells it.
  else if (pattern.segments.length === 0) literalChild(node, '').exact.push(candidate);
  else node.exact.push(candidate);
}

function literalChild(node: Node, literal: string): Node {
  const known = node.literals.get(literal);
  if (known) return known;
  const child = createNode();
  node.literals.set(literal, child);
  return child;
}

function toCandidate(row: TableRow, rank: number, rows: readonly TableRow[]): Candidate {
  const methods = row.methods && new Set(row.methods);
  if (methods?.has('GET') && !rows.some((other) => other.methods?.includes('HEAD') && areTwins(row, other))) {
    methods.add('HEAD');
  }
  const host = row.host?.toLowerCase();
  return {
    rank,
    methods,
    host,
    hostHasPort: host !== undefined && /:\d+$/.test(host),
    header: Object.entries(row.header ?? {}).map(([name, value]) => [name.toLowerCase(), value]),
    entry: row.entry,
  };
}

function areTwins(a: TableRow, b: TableRow): boolean {
  return (
    a.pattern.source === b.pattern.source &&
    a.host === b.host &&
    JSON.stringify(a.header) === JSON.stringify(b.header)
  );
}

/** Adds to `found` every candidate whose pattern fits the path from the segment that begins at `start`. */
function collect(node: Node, path: string, start: number, found: Candidate[]): void {
  for (const candidate of node.rest) found.push(candidate);
  if (start > path.length) {
    for (const candidate of node.exact) found.push(candidate);
    return;
  }
  const slash = path.indexOf('/', start);
  const end = slash < 0 ? path.length : slash;
  const segment = path.slice(start, end);
  const literal = node.literals.get(segment);
  if (literal) collect(literal, path, end + 1, found);
  if (node.parameter && end > start) collect(node.parameter, path, end + 1, found);
}

function pick(found: readonly Candidate[], inbound: Inbound): Entry {
  let best: Candidate | undefined;
  let known = false;
  for (const candidate of found) {
    if (best && candidate.rank > best.rank) continue;
    if (!fitsSelection(candidate, inbound)) continue;
    known = true;
    if (!candidate.methods || candidate.methods.has(inbound.method)) best = candidate;
  }
  if (best) return best.entry;
  if (!known) throw new GatewayError('NOT_FOUND', 'Not found');
  throw new GatewayError('METHOD_NOT_ALLOWED', 'Method not allowed', {
    headers: { Allow: allowedMethods(found, inbound) },
  });
}

function allowedMethods(found: readonly Candidate[], inbound: Inbound): string {
  const methods = found
    .filter((candidate) => fitsSelection(candidate, inbound))
    .flatMap((candidate) => [...(candidate.methods ?? [])]);
  return [...new Set(methods)].sort().join(', ');
}

function fitsSelection(candidate: Candidate, inbound: Inbound): boolean {
  if (candidate.host !== undefined && !fitsHost(candidate, inbound.headers.host)) return false;
  if (candidate.header.length === 0) return true;
  return candidate.header.every(([name, value]) => inbound.headers[name] === value);
}

function fitsHost(candidate: Candidate, host: string | undefined): boolean {
  if (host === undefined) return false;
  const asked = host.toLowerCase();
  return candidate.host === (candidate.hostHasPort ? asked : hostName(asked));
}
