const IGNORED = /[\t\n\r ,\uFEFF]+/y;
const NAME = /[_A-Za-z][_0-9A-Za-z]*/y;
/** Numbers need nothing between them: `1-1` is two. */
const NUMBER = /-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?/y;
const COMMENT = /#[^\n\r]*/y;
/** As far as the next character that means something in it. */
const STRING_PART = /[^"\\\n\r]*/y;

const QUOTE = 0x22;
const HASH = 0x23;
const MINUS = 0x2d;
const DOT = 0x2e;
const BACKSLASH = 0x5c;

/**
 * Lexical tokens of a GraphQL text (specification, 2.1), comments among them: they have to be read, too. Counts no
 * further than one beyond `most`, makes nothing, and looks at each character once: a text that is too long for a
 * parser costs next to nothing here. What is no GraphQL counts somehow; parsing tells what is wrong with it.
 */
export function countTokens(text: string, most = Number.POSITIVE_INFINITY): number {
  let count = 0;
  let at = endOfMatch(IGNORED, text, 0);
  while (at < text.length) {
    count++;
    if (count > most) return count;
    at = endOfMatch(IGNORED, text, endOfToken(text, at));
  }
  return count;
}

/** Where a match that begins here ends; here, if nothing matches. */
function endOfMatch(pattern: RegExp, text: string, start: number): number {
  pattern.lastIndex = start;
  return pattern.test(text) ? pattern.lastIndex : start;
}

/** Where the token that begins here ends: beyond its first character at least. */
function endOfToken(text: string, start: number): number {
  const code = text.charCodeAt(start);
  if (code === QUOTE)
    return text.startsWith('"""', start) ? endOfBlock(text, start + 3) : endOfString(text, start + 1);
  if (code === DOT) return text.startsWith('...', start) ? start + 3 : start + 1;
  if (code === HASH) return endOfMatch(COMMENT, text, start);
  const pattern = code === MINUS || isDigit(code) ? NUMBER : NAME;
  return Math.max(start + 1, endOfMatch(pattern, text, start));
}

function isDigit(code: number): boolean {
  return code >= 0x30 && code <= 0x39;
}

/** A string ends with its line at the latest. */
function endOfString(text: string, start: number): number {
  let at = start;
  for (;;) {
    at = endOfMatch(STRING_PART, text, at);
    const code = text.charCodeAt(at);
    if (code !== BACKSLASH) return Math.min(text.length, code === QUOTE ? at + 1 : at);
    at += 2;
  }
}

function endOfBlock(text: string, start: number): number {
  let at = start;
  for (;;) {
    const end = text.indexOf('"""', at);
    if (end < 0) return text.length;
    if (end === start || text.charCodeAt(end - 1) !== BACKSLASH) return end + 3;
    at = end + 3;
  }
}
