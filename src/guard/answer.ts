import type { ServerResponse } from 'node:http';
import { GatewayResponse } from './gateway-response.ts';
import { OWN_NAMES } from './response-headers.ts';

/** Characters of a text that is cheaper to send along with the head than as bytes of its own. */
const SHORT = 2048;

/**
 * Sends an answer that is all there, head and body in one write: the quickest way out for a door. `headers` are flat,
 * each name once, without `Content-Length`; they win over the gateway's and over what has been set before. A HEAD, 204
 * or 304 gets no body. Does nothing if an answer has begun or the client has gone.
 */
export function answer(
  response: ServerResponse,
  status: number,
  headers: readonly string[],
  body: Buffer | string,
): void {
  if (response.headersSent || response.destroyed) return;
  const hasLength = status !== 204 && status !== 304;
  const sent = typeof body === 'string' && body.length > SHORT ? Buffer.from(body) : body;
  const head = hasLength ? [...headers, 'Content-Length', String(Buffer.byteLength(sent))] : headers;
  const shown = hasLength && response.req.method !== 'HEAD' ? sent : undefined;
  if (response instanceof GatewayResponse && !namesOwn(headers)) {
    response.endWhole(status, head, shown);
    return;
  }
  for (let i = 0; i + 1 < head.length; i += 2) response.setHeader(head[i] as string, head[i + 1] as string);
  response.statusCode = status;
  response.end(shown);
}

/** One of the gateway's own has to be replaced, and must not be there twice. */
function namesOwn(headers: readonly string[]): boolean {
  for (let i = 0; i < headers.length; i += 2)
    if (OWN_NAMES.has((headers[i] as string).toLowerCase())) return true;
  return false;
}
