import type { ServerResponse } from 'node:http';
import type { Client, Trace } from '../kernel/scope.ts';
import { formatTraceparent } from './trace.ts';

/** Seconds: one year. Without subdomains, for the gateway does not know them. */
const STRICT_TRANSPORT = 'max-age=31536000';

/** Puts what ties an answer to log lines and traces on it; on every answer, whoever makes it. */
export function setTraceHeaders(response: ServerResponse, requestId: string, trace: Trace): void {
  response.setHeader('X-Request-ID', requestId);
  response.setHeader('traceparent', formatTraceparent(trace));
  if (trace.state !== '') response.setHeader('tracestate', trace.state);
  if (trace.baggage !== '') response.setHeader('baggage', trace.baggage);
}

/**
 * Sets what browsers are told to be careful about. A door that writes a header of the same name wins, so a service
 * that passes its own through keeps it. There is no content security policy: what a page needs only its maker knows.
 */
export function setSecurityHeaders(response: ServerResponse): void {
  response.setHeader('X-Content-Type-Options', 'nosniff');
  response.setHeader('X-Frame-Options', 'DENY');
  response.setHeader('Referrer-Policy', 'strict-origin-when-cross-origin');
}

/** Tells browsers to come by https only (RFC 6797): said over https alone, for else anyone could say it. */
export function setStrictTransport(response: ServerResponse, protocol: Client['protocol']): void {
  if (protocol === 'https') response.setHeader('Strict-Transport-Security', STRICT_TRANSPORT);
}
