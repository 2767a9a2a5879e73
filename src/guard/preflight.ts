import type { Cors } from './cors.ts';
import type { Exchange } from './exchange.ts';

/** A CORS-preflight request (Fetch standard); without cors such a request is one like others. */
export function isPreflight({ inbound, head }: Exchange): boolean {
  if (inbound.method !== 'OPTIONS' || head.origin === undefined) return false;
  return inbound.headers['access-control-request-method'] !== undefined;
}

/** Answers it with 204. An origin that may not call is told nothing, and its browser knows what that means. */
export function answerPreflight(exchange: Exchange, cors: Cors): undefined {
  const { inbound, head, response } = exchange;
  const asked = inbound.headers['access-control-request-method'] ?? '';
  const askedHeaders = inbound.headers['access-control-request-headers'];
  exchange.closeIfUnread();
  const headers = cors.preflightFor(head.origin, asked, askedHeaders);
  for (let i = 0; i + 1 < headers.length; i += 2)
    response.appendHeader(headers[i] as string, headers[i + 1] as string);
  response.writeHead(204);
  response.end();
}
