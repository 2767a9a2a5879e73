import type { Json } from './json.ts';

/** No integer that a double can't hold has fewer digits. */
const LONG = 16;

/**
 * JSON (RFC 8259), as text or as UTF-8 → value, as `JSON.parse` gives it, but for integers that a double can't hold to the
 * digit: an id of 64 bits comes as the string of its digits, where `JSON.parse` would give a neighbour of it. Throws a
 * `SyntaxError`.
 */
export function parseExactJson(source: string | Buffer): Json {
  const isText = typeof source === 'string';
  const text = isText ? source : source.toString('utf8');
  const value = JSON.parse(text) as Json;
  if (!mayHoldLongInteger(isText ? Buffer.from(source) : source)) return value;
  const exact = quoteLongIntegers(text);
  return exact === text ? value : (JSON.parse(exact) as Json);
}

/**
 * Whether there are so many digits in a row where a value may begin: fractions and texts of digits are none. One of the
 * digits stands at each 16th byte, so that the others need not be looked at.
 */
function mayHoldLongInteger(bytes: Buffer): boolean {
  for (let at = LONG - 1; at < bytes.length; at += LONG) {
    if (!isDigit(bytes[at] as number)) continue;
    let start = at;
    while (start > 0 && isDigit(bytes[start - 1] as number)) start--;
    while (at + 1 < bytes.length && isDigit(bytes[at + 1] as number)) at++;
    if (at - start >= LONG - 1 && mayBeginValue(bytes, start)) return true;
  }
  return false;
}

function mayBeginValue(bytes: Buffer, start: number): boolean {
  const before = bytes[start - 1] === MINUS ? start - 2 : start - 1;
  return before < 0 || BEFORE_VALUE.includes(bytes[before] as number);
}

/** `text` is known to be JSON. */
function quoteLongIntegers(text: string): string {
  let out = '';
  let copied = 0;
  for (let at = 0; at < text.length; at++) {
    const code = text.charCodeAt(at);
    if (code === QUOTE) {
      at = endOfString(text, at);
    } else if (code === MINUS || isDigit(code)) {
      const end = endOfNumber(text, at);
      const number = text.slice(at, end);
      if (isInexact(number)) {
        out += `${text.slice(copied, at)}"${number}"`;
        copied = end;
      }
      at = end - 1;
    }
  }
  return copied === 0 ? text : out + text.slice(copied);
}

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const MINUS = 0x2d;
/** White space, colon, comma, opening bracket. */
const BEFORE_VALUE = Buffer.from(' \t\n\r:,[');

function isDigit(code: number): boolean {
  return code >= 0x30 && code <= 0x39;
}

function endOfString(text: string, start: number): number {
  let at = start + 1;
  while (text.charCodeAt(at) !== QUOTE) at += text.charCodeAt(at) === BACKSLASH ? 2 : 1;
  return at;
}

function endOfNumber(text: string, start: number): number {
  let at = start + 1;
  while (at < text.length && '0123456789.eE+-'.includes(text.charAt(at))) at++;
  return at;
}

function isInexact(number: string): boolean {
  return number.length >= 16 && /^-?\d+$/.test(number) && String(Number(number)) !== number;
}
