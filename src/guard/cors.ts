import { parseOrigin } from '../config/origin.ts';
import type { Config } from '../config/schema/config.ts';
import { toLines } from './response-headers.ts';

/** Headers of an answer, flat, and the same as lines of a head. */
export interface CorsHeaders {
  readonly headers: readonly string[];
  readonly lines: string;
}

/** What browsers are told of who may call from other origins (Fetch standard, CORS protocol). */
export interface Cors {
  /** What answers vary by, whoever asks; empty: nothing, for all are told the same. */
  readonly vary: string;
  /** For an answer to who sent this `Origin`; undefined: none, or one that can't be read. */
  headersFor(origin: string | undefined): CorsHeaders;
  /** What an answer to a preflight says beside that, flat. `method` and `headers`: what the page asks for. */
  preflightFor(origin: string | undefined, method: string, headers: string | undefined): string[];
}

/**
 * The gateway's own headers that a page may read beside those that it always may (Fetch standard, CORS-safelisted
 * response-header name). What services want read they name in an `Access-Control-Expose-Headers` of their own.
 */
const EXPOSED = [
  'X-Request-ID',
  'traceparent',
  'X-RateLimit-Limit',
  'X-RateLimit-Remaining',
  'X-RateLimit-Reset',
  'RateLimit',
  'RateLimit-Policy',
  'Retry-After',
  'X-Portico-Fallback',
  'X-Portico-Partial',
  'WWW-Authenticate',
  'Age',
  'Cache-Status',
  'Deprecation',
  'Sunset',
  'Link',
];

const TOKEN = /^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/;
const TOKENS = /^[!#$%&'*+.^_`|~0-9A-Za-z-]+(?:[ \t]*,[ \t]*[!#$%&'*+.^_`|~0-9A-Za-z-]+)*$/;
/** What may stand for `*` in `https://*.example.com`: labels, as browsers write them. */
const LABELS = /^[a-z0-9_-]+(?:\.[a-z0-9_-]+)*$/;

/**
 * Compiles `server.cors`; undefined if no origin may call. An origin is compared as a whole and byte by byte, and
 * only one that is allowed comes back in `Access-Control-Allow-Origin`.
 */
export function createCors(settings: Config['server']['cors']): Cors | undefined {
  if (settings.origins.length === 0) return undefined;
  const isAllowed = compileOrigins(settings.origins);
  const isForAll = settings.origins.includes('*');
  const varied = isForAll ? [] : ['Vary', 'Origin'];
  const own = [
    ...(settings.credentials ? ['Access-Control-Allow-Credentials', 'true'] : []),
    'Access-Control-Expose-Headers',
    [...EXPOSED, ...settings.expose].join(', '),
  ];
  const make = (origin: string) => withLines([...varied, 'Access-Control-Allow-Origin', origin, ...own]);
  const forAll = isForAll ? make('*') : undefined;
  const forNone = withLines(varied);
  const preflight = compilePreflight(settings);
  // What differs from one allowed origin to the next is the origin alone; the last one asks again and again.
  let last = { origin: '', given: forNone };
  return {
    vary: isForAll ? '' : 'Origin',
    headersFor(origin) {
      if (forAll !== undefined) return forAll;
      if (origin === undefined || !isAllowed(origin)) return forNone;
      if (last.origin !== origin) last = { origin, given: make(origin) };
      return last.given;
    },
    preflightFor: (origin, method, headers) =>
      isForAll || (origin !== undefined && isAllowed(origin)) ? preflight(method, headers) : [],
  };
}

function withLines(headers: readonly string[]): CorsHeaders {
  return { headers, lines: toLines(headers) };
}

/** Tells which values of `Origin` the entries of `server.cors.origins` allow, `*` apart. Throws an Error for one that is none. */
export function compileOrigins(entries: readonly string[]): (origin: string) => boolean {
  const exact = new Set<string>();
  const below: { readonly start: string; readonly end: string }[] = [];
  for (const entry of entries) {
    const parsed = parseOrigin(entry);
    if ('fault' in parsed) throw new Error(`server.cors.origins: "${entry}" ${parsed.fault}`);
    if (parsed.kind === 'exact') exact.add(parsed.origin);
    if (parsed.kind === 'below') below.push(parsed);
  }
  return (origin) =>
    exact.has(origin) ||
    below.some(
      ({ start, end }) =>
        origin.length > start.length + end.length &&
        origin.startsWith(start) &&
        origin.endsWith(end) &&
        LABELS.test(origin.slice(start.length, -end.length)),
    );
}

/**
 * What a preflight is told. Where everything is allowed the browser gets back what it asked for: `*` means nothing
 * beside credentials, and never means `Authorization`.
 */
function compilePreflight({ methods, headers, maxAge }: Config['server']['cors']) {
  const anyMethod = methods.includes('*');
  const anyHeader = headers.length === 0 || headers.includes('*');
  const age = String(Math.floor(maxAge / 1000));
  const vary = [
    ...(anyMethod ? ['Access-Control-Request-Method'] : []),
    ...(anyHeader ? ['Access-Control-Request-Headers'] : []),
  ].join(', ');
  return (askedMethod: string, askedHeaders: string | undefined): string[] => {
    const allowedMethods = anyMethod ? (TOKEN.test(askedMethod) ? askedMethod : '') : methods.join(', ');
    const asked = askedHeaders !== undefined && TOKENS.test(askedHeaders) ? askedHeaders : '';
    const allowedHeaders = anyHeader ? asked : headers.join(', ');
    return [
      ...(vary === '' ? [] : ['Vary', vary]),
      ...(allowedMethods === '' ? [] : ['Access-Control-Allow-Methods', allowedMethods]),
      ...(allowedHeaders === '' ? [] : ['Access-Control-Allow-Headers', allowedHeaders]),
      'Access-Control-Max-Age',
      age,
    ];
  };
}
