const QUOTE = 0x22;
const HASH = 0x23;
const MINUS = 0x2d;
const DOT = 0x2e;
const BACKSLASH = 0x5c;
const LINE_FEED = 0x0a;
const CARRIAGE_RETURN = 0x0d;

/**
 * Lexical tokens of a GraphQL text (specification, 2.1), comments among them: they have to be read, too. Counts no
 * further than one beyond `most`, makes nothing, and looks at each character once: a text that is too long for a
 * parser costs next to nothing here. What is no GraphQL counts somehow; parsing tells what is wrong with it.
 */
export function countTokens(text: string, most = Number.POSITIVE_INFINITY): number {
  let count = 0;
  let at = 0;
  while (at < text.length) {
    const code = text.charCodeAt(at);
    if (isIgnored(code)) {
      at++;
      continue;
    }
    count++;
    if (count > most) return count;
    at = endOf(text, at, code);
  }
  return count;
}

/** White space, commas and the byte order mark. */
function isIgnored(code: number): boolean {
  return code === 0x20 || code === 0x2c || code === 0x09 || isLineEnd(code) || code === 0xfeff;
}

function isLineEnd(code: number): boolean {
  return code === LINE_FEED || code === CARRIAGE_RETURN;
}

/** Where the token that begins here ends. */
function endOf(text: string, start: number, code: number): number {
  if (code === HASH) return skip(text, start, (one) => !isLineEnd(one));
  if (code === QUOTE)
    return text.startsWith('"""', start) ? endOfBlock(text, start + 3) : endOfString(text, start + 1);
  if (code === DOT) return text.startsWith('...', start) ? start + 3 : start + 1;
  if (isDigit(code) || code === MINUS) return endOfNumber(text, start);
  return isOfName(code) ? skip(text, start + 1, isOfName) : start + 1;
}

function skip(text: string, start: number, belongs: (code: number) => boolean): number {
  let at = start;
  while (at < text.length && belongs(text.charCodeAt(at))) at++;
  return at;
}

const NUMBER = /-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?/y;

/** Numbers need nothing between them: `1-1` is two. */
function endOfNumber(text: string, start: number): number {
  NUMBER.lastIndex = start;
  return NUMBER.test(text) ? NUMBER.lastIndex : start + 1;
}

/** A string ends with its line at the latest. */
function endOfString(text: string, start: number): number {
  let at = start;
  while (at < text.length) {
    const code = text.charCodeAt(at);
    if (code === QUOTE) return at + 1;
    if (isLineEnd(code)) return at;
    at += code === BACKSLASH ? 2 : 1;
  }
  return text.length;
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

function isDigit(code: number): boolean {
  return code >= 0x30 && code <= 0x39;
}

function isOfName(code: number): boolean {
  return isDigit(code) || code === 0x5f || (code >= 0x41 && code <= 0x5a) || (code >= 0x61 && code <= 0x7a);
}
