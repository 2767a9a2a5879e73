import { GatewayError } from '../kernel/error.ts';

/** Path and query of a request target, in the one form in which they are judged and forwarded. */
export interface NormalTarget {
  readonly path: string;
  /** With its `?`, or empty. */
  readonly query: string;
}

/** A path in normal form already: no escapes, no empty and no dot segments. Most requests need no more than this. */
const PLAIN = /^(?=\/)(?:\/(?!\.{1,2}(?:\/|$))[A-Za-z0-9\-._~!$&'()*+,;=:@]+)*\/?$/;
/** What may stand unescaped in a segment (RFC 3986, `pchar`). */
const SEGMENT_CHARACTER = /[A-Za-z0-9\-._~!$&'()*+,;=:@]/;
/**
 * Escapes that mean the same as the character itself, to every server that one meets: they are undone, so that
 * `/%61dmin` is judged as `/admin`. Others (`%2F`, `%3B`, `%2B`) can mean something else and stay.
 */
const UNESCAPED = /[A-Za-z0-9\-_~!$&'()*,=:@]/;
/** Also beside an encoded slash, which many a service decodes before it looks at segments. */
const DOT_SEGMENT = /(?:^|\/|%2f)\.{1,2}(?:\/|%2f|$)/i;

/**
 * Normal form of a target in origin form (RFC 9112, section 3.2.1). Throws BAD_REQUEST for what two parties could
 * read in two ways: empty and dot segments, encoded dots, backslashes, control characters, bad escapes, fragments.
 */
export function normaliseTarget(target: string): NormalTarget {
  if (target.includes('#')) throw malformed('a fragment');
  const mark = target.indexOf('?');
  const rawPath = mark === -1 ? target : target.slice(0, mark);
  const query = mark === -1 ? '' : normaliseQuery(target.slice(mark));
  return { path: PLAIN.test(rawPath) ? rawPath : normalisePath(rawPath), query };
}

function normalisePath(raw: string): string {
  if (!raw.startsWith('/')) throw malformed('no slash at its start');
  if (raw.includes('\\') || /%5c/i.test(raw)) throw malformed('a backslash');
  if (raw.includes('//')) throw malformed('an empty segment');
  if (DOT_SEGMENT.test(raw) || /%2e/i.test(raw)) throw malformed('a dot segment or an encoded dot');
  const path = raw.replace(/%(..)?|[^%/]/gs, (match, digits: string | undefined) =>
    match.startsWith('%') ? normaliseEscape(digits) : normaliseCharacter(match),
  );
  if (path.includes('%')) assertUtf8(path);
  return path;
}

function normaliseEscape(digits: string | undefined): string {
  if (digits === undefined || !/^[0-9a-f]{2}$/i.test(digits)) throw malformed('a bad escape');
  const code = Number.parseInt(digits, 16);
  if (isControl(code)) throw malformed('a control character');
  const character = String.fromCharCode(code);
  return UNESCAPED.test(character) ? character : `%${digits.toUpperCase()}`;
}

function normaliseCharacter(character: string): string {
  if (SEGMENT_CHARACTER.test(character)) return character;
  return escapeByte(character);
}

/** Node hands out one character for each byte received. */
function escapeByte(character: string): string {
  const code = character.charCodeAt(0);
  if (isControl(code) || code > 0xff) throw malformed('a control character');
  return `%${code.toString(16).toUpperCase().padStart(2, '0')}`;
}

/** Overlong forms such as `%C0%AE` are dots and slashes to careless decoders. */
function assertUtf8(path: string): void {
  try {
    decodeURIComponent(path);
  } catch {
    throw malformed('an escape that is not UTF-8');
  }
}

/** The query means what the service says it means: only what could break a request line is escaped. */
function normaliseQuery(raw: string): string {
  return /[^\x21-\x7e]/.test(raw) ? raw.replace(/[^\x21-\x7e]/g, escapeByte) : raw;
}

function isControl(code: number): boolean {
  return code < 0x20 || code === 0x7f;
}

function malformed(what: string): GatewayError {
  return new GatewayError('BAD_REQUEST', `Malformed path: it has ${what}`);
}
