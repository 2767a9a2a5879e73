import type { MappingProblem } from '../mapping/mapping.ts';
import type { TemplatePart } from './template-part.ts';

/** A URL template taken apart; each segment and each parameter is a list of text and expressions. */
export interface UrlParts {
  /** `http` or `https`; undefined if the template is relative. */
  readonly scheme: string | undefined;
  readonly authority: readonly TemplatePart[];
  /** Without the slash it may begin with, which is there anyway. */
  readonly path: readonly (readonly TemplatePart[])[];
  /** Without empty ones. */
  readonly query: readonly (readonly TemplatePart[])[];
  readonly problems: readonly MappingProblem[];
}

const SCHEME = /^([A-Za-z][A-Za-z0-9+.-]*):\/\//;
const PARTIAL_ESCAPE = /%[0-9A-Fa-f]?$/;
/** Known before any request: what else names a host would let a caller choose it. */
const HOST_VARIABLES: ReadonlySet<string> = new Set(['$config', '$env']);

/** Takes a template apart where its text says so; a value never decides where a part ends. The fragment is dropped. */
export function splitUrl(parts: readonly TemplatePart[]): UrlParts {
  const problems = escapeProblems(parts);
  const first = parts[0];
  const scheme = first?.kind === 'text' ? SCHEME.exec(first.text) : null;
  let rest = parts;
  let authority: readonly TemplatePart[] = [];
  if (scheme !== null && first?.kind === 'text') {
    const start = scheme[0].length;
    const behind: TemplatePart = {
      kind: 'text',
      text: first.text.slice(start),
      offset: first.offset + start,
    };
    [authority, rest] = cut([behind, ...parts.slice(1)], /[/?#\\]/);
    problems.push(...authorityProblems(scheme[1] ?? '', authority, first.offset));
  }
  const [withoutFragment] = cut(rest, /#/);
  const [path, query] = cut(withoutFragment, /\?/);
  const segments = splitAt(path, '/');
  if (segments.length > 1 && segments[0]?.length === 0) segments.shift();
  if (segments.length > 1 && segments[0]?.length === 0) {
    problems.push({ severity: 'error', message: "A path can't begin with two slashes.", offset: 0 });
  }
  return {
    scheme: scheme?.[1]?.toLowerCase(),
    authority,
    path: segments,
    query: splitAt(dropFirst(query), '&').filter((parameter) => parameter.length > 0),
    problems,
  };
}

/** Everything before the first match in text, and everything from it on. */
function cut(parts: readonly TemplatePart[], where: RegExp): [TemplatePart[], TemplatePart[]] {
  for (const [index, part] of parts.entries()) {
    const at = part.kind === 'text' ? part.text.search(where) : -1;
    if (part.kind !== 'text' || at === -1) continue;
    const before = { ...part, text: part.text.slice(0, at) };
    const after = { ...part, text: part.text.slice(at), offset: part.offset + at };
    const head = parts.slice(0, index);
    return [at === 0 ? head : [...head, before], [after, ...parts.slice(index + 1)]];
  }
  return [[...parts], []];
}

/** Without the sign that `cut` found, which begins the first text. */
function dropFirst(parts: readonly TemplatePart[]): readonly TemplatePart[] {
  const [first, ...rest] = parts;
  return first?.kind === 'text'
    ? [{ ...first, text: first.text.slice(1), offset: first.offset + 1 }, ...rest]
    : parts;
}

function splitAt(parts: readonly TemplatePart[], separator: string): TemplatePart[][] {
  if (parts.length === 0) return [];
  let current: TemplatePart[] = [];
  const pieces = [current];
  for (const part of parts) {
    if (part.kind === 'expression') {
      current.push(part);
      continue;
    }
    let { offset } = part;
    for (const [index, text] of part.text.split(separator).entries()) {
      if (index > 0) {
        current = [];
        pieces.push(current);
      }
      if (text !== '') current.push({ kind: 'text', text, offset });
      offset += text.length + separator.length;
    }
  }
  return pieces;
}

/** `%4{…}` would let a value complete an escape. */
function escapeProblems(parts: readonly TemplatePart[]): MappingProblem[] {
  return parts.flatMap((part, index): MappingProblem[] => {
    if (part.kind !== 'text' || parts[index + 1]?.kind !== 'expression' || !PARTIAL_ESCAPE.test(part.text))
      return [];
    const message = 'A % needs two hexadecimal digits after it; write %25 for a percent sign.';
    return [{ severity: 'error', message, offset: part.offset }];
  });
}

function authorityProblems(
  scheme: string,
  authority: readonly TemplatePart[],
  offset: number,
): MappingProblem[] {
  const problem = (message: string, at = offset): MappingProblem => ({
    severity: 'error',
    message,
    offset: at,
  });
  if (!/^https?$/i.test(scheme))
    return [problem(`"${scheme}" is not supported: a URL begins with http:// or https://.`)];
  const sample = authority.map((part) => (part.kind === 'text' ? part.text : '1')).join('');
  if (sample.includes('@')) return [problem('Credentials do not belong into a URL: send them in a header.')];
  if (sample === '' || !URL.canParse(`${scheme}://${sample}/`))
    return [problem('This URL has no valid host.')];
  return authority.flatMap((part): MappingProblem[] => {
    if (part.kind === 'text' || part.mapping.uses.every(({ variable }) => HOST_VARIABLES.has(variable)))
      return [];
    return [problem('The host of a URL can only come from $config or $env.', part.offset)];
  });
}
