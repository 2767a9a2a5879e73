import { compileMapping } from '../mapping/compile-mapping.ts';
import type {
  ConnectVersion,
  Mapping,
  MappingObserver,
  MappingProblem,
  VariableName,
  Variables,
  VariableUse,
} from '../mapping/mapping.ts';
import { scalarText } from '../mapping/property.ts';

export interface TemplateOptions {
  /** The version of the Connect specification that the schema links to. */
  readonly version: ConnectVersion;
  /** The variables that mean something at this place of the schema. */
  readonly allow: readonly VariableName[];
  /** Those of them that a message offers in place of an unknown one; without it, all. */
  readonly offer?: readonly VariableName[];
}

/** A template in pieces; offsets count UTF-16 units of the template's text. */
export type TemplatePart =
  | { readonly kind: 'text'; readonly text: string; readonly offset: number }
  | ExpressionPart;

export interface ExpressionPart {
  readonly kind: 'expression';
  readonly mapping: Mapping;
  readonly offset: number;
}

export interface ParsedTemplate {
  readonly parts: readonly TemplatePart[];
  readonly uses: readonly VariableUse[];
  readonly problems: readonly MappingProblem[];
}

/** Line breaks and tabs lay out a long template in the schema; they are not part of the text. */
const LAYOUT = /[\t\n\f\r]+/g;
/** In a URL the indentation of its lines is layout, too: a space that is meant is not at the edge of a line. */
export const URL_LAYOUT = /[ \t]*[\n\f\r]\s*|\t+/g;

/**
 * Cuts a template into text and `{expressions}`, and compiles these. Braces within an expression are counted,
 * except in its strings and comments. Never throws: problems have offsets into `source`.
 */
export function parseTemplate(source: string, options: TemplateOptions, layout = LAYOUT): ParsedTemplate {
  const parts: TemplatePart[] = [];
  const uses: VariableUse[] = [];
  const problems: MappingProblem[] = [];
  let offset = 0;
  while (offset < source.length) {
    const open = source.indexOf('{', offset);
    const text = source.slice(offset, open === -1 ? undefined : open).replace(layout, '');
    if (text !== '') parts.push({ kind: 'text', text, offset });
    if (open === -1) break;
    const close = closingBrace(source, open);
    if (close === undefined) {
      problems.push({ severity: 'error', message: 'There is no } that closes this {.', offset: open });
      break;
    }
    const start = open + 1;
    const compiled = compileMapping(source.slice(start, close), { ...options, kind: 'expression' });
    for (const problem of compiled.problems) problems.push({ ...problem, offset: problem.offset + start });
    if (compiled.value !== undefined) {
      for (const use of compiled.value.uses) uses.push({ ...use, offset: use.offset + start });
      problems.push(...scalarProblems(compiled.value, start));
      parts.push({ kind: 'expression', mapping: compiled.value, offset: start });
    }
    offset = close + 1;
  }
  return { parts, uses, problems };
}

/** An object or a list has no text; where it is certain, it is said at once. */
function scalarProblems({ shape }: Mapping, offset: number): MappingProblem[] {
  if (shape.kind !== 'object' && shape.kind !== 'list') return [];
  const message = `Only a single value can stand here, and this is ${shape.kind === 'list' ? 'a list' : 'an object'}.`;
  return [{ severity: 'error', message, offset }];
}

const STRING_OR_COMMENT_END: Readonly<Record<string, RegExp>> = {
  '"': /[^"\\]*(?:\\[\s\S][^"\\]*)*"/y,
  "'": /[^'\\]*(?:\\[\s\S][^'\\]*)*'/y,
  '#': /[^\n]*\n?/y,
};

function closingBrace(source: string, open: number): number | undefined {
  let depth = 0;
  for (let at = open; at < source.length; at += 1) {
    const character = source[at] ?? '';
    if (character === '{') depth += 1;
    if (character === '}') depth -= 1;
    if (depth === 0) return at;
    const rest = STRING_OR_COMMENT_END[character];
    if (rest === undefined) continue;
    rest.lastIndex = at + 1;
    if (rest.exec(source) === null) return undefined;
    at = rest.lastIndex - 1;
  }
  return undefined;
}

/**
 * The value of an expression as text: null where it is null or missing, undefined (and the observer told) where
 * it is a list or an object. Never throws.
 */
export function expressionText(
  { mapping, offset }: ExpressionPart,
  variables: Variables,
  observe: MappingObserver | undefined,
): string | null | undefined {
  const shifted = observe && ((message: string, at: number) => observe(message, at + offset));
  const value = mapping.evaluate(null, variables, shifted);
  if (value === undefined || value === null) return null;
  const text = scalarText(value);
  if (text === undefined) observe?.('Only a single value can stand here, not a list or an object.', offset);
  return text;
}
