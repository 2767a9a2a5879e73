/** `/orders/{id}/lines/*` → segments `orders`, `{id}`, `lines`, and a rest. A final `/` is an empty literal at the end. */
export interface ParsedPath {
  readonly source: string;
  readonly segments: readonly ({ readonly literal: string } | { readonly parameter: string })[];
  /** True with a final `*`. */
  readonly rest: boolean;
}

const PARAMETER = /^\{([A-Za-z_][A-Za-z0-9_-]*)\}$/;
/** Path characters of RFC 3986 (3.3), without the braces and the star that mean something here. */
const LITERAL = /^(?:[A-Za-z0-9\-._~!$&'()+,;=:@]|%[0-9A-Fa-f]{2})+$/;

/**
 * Reads the path of a route, or a rewrite's target: literal segments, `{name}` for one segment, a final `*`.
 * Gives the reason, and what to write instead, if it is none.
 */
export function parsePath(source: string): ParsedPath | { readonly fault: string } {
  if (!source.startsWith('/')) return { fault: `a path starts with "/"; write "/${source}"` };
  const parts = source === '/' ? [] : source.slice(1).split('/');
  const last = parts.length > 1 || parts[0] === '*' ? parts.at(-1) : undefined;
  const rest = last === '*';
  // `/users/` is another path than `/users`: some services know only the one with the slash.
  const slash = last === '';
  if (rest || slash) parts.pop();
  const segments: ParsedPath['segments'][number][] = [];
  for (const part of parts) {
    const name = PARAMETER.exec(part)?.[1];
    const fault = name === undefined ? literalFault(part) : undefined;
    if (fault !== undefined) return { fault };
    if (name !== undefined && segments.some((one) => 'parameter' in one && one.parameter === name)) {
      return { fault: `the parameter {${name}} stands twice; give each its own name` };
    }
    segments.push(name === undefined ? { literal: part } : { parameter: name });
  }
  if (slash) segments.push({ literal: '' });
  return { source, segments, rest };
}

function literalFault(part: string): string | undefined {
  if (part === '') return 'a path has no empty segments; remove the doubled "/"';
  if (part === '.' || part === '..' || /^(?:\.|%2e){1,2}$/i.test(part))
    return `a path has no "${part}" segment`;
  if (part === '*') return '"*" stands only at the end of a path, as its last segment';
  if (part.includes('*')) return `"*" is a whole segment, the last one; "${part}" mixes it with text`;
  if (part.includes('{') || part.includes('}')) {
    return `"${part}" is no parameter; {name} (letters, digits, _ and -) takes one whole segment`;
  }
  if (part.includes('?') || part.includes('#')) return 'a path has no query and no fragment';
  return LITERAL.test(part) ? undefined : `"${part}" holds a character that a path must spell as %XX`;
}
