import type { IncomingMessage } from 'node:http';

/**
 * Whether more than this request's head may have come, `received` bytes on the whole connection. Behind an upgrade that
 * nobody takes up, Node throws away what else has come with the head: if that was a request, its answer would be missing
 * and the next one taken for it. Who writes its head in the usual way and waits for the answer is known to hide nothing.
 */
export function mayHideMore(request: IncomingMessage, received: number): boolean {
  return received !== usualHeadLength(request);
}

/** Bytes of the request's head as nearly everybody writes it. */
export function usualHeadLength({ method, url, rawHeaders }: IncomingMessage): number {
  // `GET /path HTTP/1.1\r\n`, then `Name: value\r\n` each, then `\r\n`.
  let length = `${method} ${url} HTTP/1.1\r\n\r\n`.length + rawHeaders.length * 2;
  for (const text of rawHeaders) length += text.length;
  return length;
}
