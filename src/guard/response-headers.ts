import type { Trace } from '../kernel/scope.ts';
import { LIMIT_HEADER_NAMES } from '../limits/limit-headers.ts';
import { formatTraceparent } from './trace.ts';

/**
 * What is said over https alone, for else anyone could say it (RFC 6797). One year, in seconds, and without subdomains,
 * for the gateway does not know them.
 */
export const STRICT_TRANSPORT = 'max-age=31536000';

/**
 * What browsers are told to be careful about. A door that writes a header of the same name wins, so a service that
 * passes its own through keeps it. There is no content security policy: what a page needs only its maker knows.
 */
export const SECURITY_HEADERS: readonly string[] = [
  'X-Content-Type-Options',
  'nosniff',
  'X-Frame-Options',
  'DENY',
  'Referrer-Policy',
  'strict-origin-when-cross-origin',
];

/** Lower-case names that the gateway itself puts on answers. */
export const OWN_NAMES: ReadonlySet<string> = new Set([
  'x-request-id',
  'traceparent',
  'tracestate',
  'baggage',
  'x-content-type-options',
  'x-frame-options',
  'referrer-policy',
  'strict-transport-security',
  'connection',
  ...LIMIT_HEADER_NAMES,
]);

/** Flat headers as lines of a head, each with its end; for such as are known to hold no line break. */
export function toLines(headers: readonly string[]): string {
  let lines = '';
  for (let i = 0; i + 1 < headers.length; i += 2) lines += `${headers[i]}: ${headers[i + 1]}\r\n`;
  return lines;
}

/** What ties an answer to log lines and traces, flat; on every answer, whoever makes it. */
export function traceHeaders(requestId: string, trace: Trace): string[] {
  const headers = ['X-Request-ID', requestId, 'traceparent', formatTraceparent(trace)];
  if (trace.state !== '') headers.push('tracestate', trace.state);
  if (trace.baggage !== '') headers.push('baggage', trace.baggage);
  return headers;
}
