/** One token; `text` is a name, the value of a quoted string, the digits of a number, or the sign itself. */
export interface Token {
  readonly kind: 'name' | 'string' | 'number' | 'variable' | 'sign' | 'end';
  readonly text: string;
  readonly offset: number;
  readonly end: number;
}

/** Why a text is no mapping, and where. Thrown inside the parser only, never out of it. */
export class MappingSyntaxError extends Error {
  readonly offset: number;
  constructor(message: string, offset: number) {
    super(message);
    this.offset = offset;
  }
}

/** Longer signs first: `$(` has to be found before `$`, `...` before `.`. */
const SIGNS = [
  '...',
  '->',
  '$(',
  '??',
  '?!',
  '{',
  '}',
  '(',
  ')',
  '[',
  ']',
  ',',
  ':',
  '.',
  '?',
  '$',
  '@',
  '-',
];
const BLANK = /(?:[ \t\r\n]+|#[^\n]*)+/y;
const NAME = /[A-Za-z_][A-Za-z0-9_]*/y;
const VARIABLE = /\$[A-Za-z_][A-Za-z0-9_]*/y;
/** A dot belongs to the number only if no further dot follows, which would begin `...`. */
const NUMBER = /(?:[0-9]+(?:\.(?!\.)[0-9]*)?|\.[0-9]+)(?:[eE][+-]?[0-9]+)?/y;

/**
 * Cuts a mapping into tokens; spaces and `#` comments fall away. The last token has the kind `end`.
 * Throws MappingSyntaxError for a string without an end and for characters that begin nothing.
 */
export function tokenize(source: string): Token[] {
  const tokens: Token[] = [];
  let offset = 0;
  for (;;) {
    offset += matchAt(BLANK, source, offset)?.length ?? 0;
    if (offset >= source.length) break;
    const token = readToken(source, offset);
    tokens.push(token);
    offset = token.end;
  }
  tokens.push({ kind: 'end', text: '', offset: source.length, end: source.length });
  return tokens;
}

function readToken(source: string, offset: number): Token {
  const first = source[offset];
  if (first === '"' || first === "'") return readString(source, offset, first);
  const name = matchAt(NAME, source, offset);
  if (name !== undefined) return { kind: 'name', text: name, offset, end: offset + name.length };
  const variable = matchAt(VARIABLE, source, offset);
  if (variable !== undefined)
    return { kind: 'variable', text: variable, offset, end: offset + variable.length };
  const number = matchAt(NUMBER, source, offset);
  if (number !== undefined) return { kind: 'number', text: number, offset, end: offset + number.length };
  const sign = SIGNS.find((candidate) => source.startsWith(candidate, offset));
  if (sign !== undefined) return { kind: 'sign', text: sign, offset, end: offset + sign.length };
  const character = String.fromCodePoint(source.codePointAt(offset) ?? 0);
  throw new MappingSyntaxError(`Unexpected character ${JSON.stringify(character)}.`, offset);
}

function matchAt(pattern: RegExp, source: string, offset: number): string | undefined {
  pattern.lastIndex = offset;
  return pattern.exec(source)?.[0];
}

const ESCAPES: Readonly<Record<string, string>> = { n: '\n', r: '\r', t: '\t' };
const UNICODE_ESCAPE = /u([0-9A-Fa-f]{4})/y;

/** A backslash takes the next character as it is, except for `\n`, `\r`, `\t` and `\uXXXX`. */
function readString(source: string, offset: number, quote: string): Token {
  let text = '';
  let at = offset + 1;
  while (at < source.length) {
    const character = source[at] ?? '';
    if (character === quote) return { kind: 'string', text, offset, end: at + 1 };
    if (character !== '\\') {
      text += character;
      at += 1;
      continue;
    }
    const unicode = matchAt(UNICODE_ESCAPE, source, at + 1);
    const escaped = source[at + 1] ?? '';
    text +=
      unicode === undefined
        ? (ESCAPES[escaped] ?? escaped)
        : String.fromCharCode(Number.parseInt(unicode.slice(1), 16));
    at += 1 + (unicode?.length ?? 1);
  }
  throw new MappingSyntaxError(`This string has no closing ${quote}.`, offset);
}
