import type { ServerResponse } from 'node:http';
import type { Json } from '../kernel/json.ts';

/** Ends the response with a JSON body (absent: `null`); status and other headers are set already. For HEAD, without the body. */
export function sendJson(response: ServerResponse, method: string, value: Json | undefined): void {
  sendJsonText(response, method, JSON.stringify(value ?? null));
}

/** The same for a body that is JSON text already. */
export function sendJsonText(response: ServerResponse, method: string, text: string): void {
  if (!response.hasHeader('Content-Type')) response.setHeader('Content-Type', 'application/json');
  sendBytes(response, method, Buffer.from(text));
}

/** Ends the response with these bytes and their length; a HEAD, 204 or 304 has none. */
export function sendBytes(response: ServerResponse, method: string, body: Buffer): void {
  const { statusCode } = response;
  if (statusCode === 204 || statusCode === 304) {
    response.removeHeader('Content-Type');
    response.end();
    return;
  }
  response.setHeader('Content-Length', body.length);
  response.end(method === 'HEAD' ? undefined : body);
}
