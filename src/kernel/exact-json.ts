import type { Json } from './json.ts';

/** No integer that a double can't hold is shorter. */
const LONG_NUMBER = /\d{16}/;

/**
 * JSON text (RFC 8259) → value, as `JSON.parse` gives it, but for integers that a double can't hold to the digit: an id of 64
 * bits comes as the string of its digits, where `JSON.parse` would give a neighbour of it. Throws a `SyntaxError`.
 */
export function parseExactJson(text: string): Json {
  const value = JSON.parse(text) as Json;
  if (!LONG_NUMBER.test(text)) return value;
  const exact = quoteLongIntegers(text);
  return exact === text ? value : (JSON.parse(exact) as Json);
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
