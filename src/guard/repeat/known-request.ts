import type { IncomingHttpHeaders } from 'node:http';
import { LRUCache } from 'lru-cache';
import type { Headers } from '../../kernel/scope.ts';
import type { Head } from '../head.ts';
import type { Inbound } from '../inbound.ts';
import { isOrdinary } from '../inner-response.ts';
import type { Message } from '../message.ts';

/** What is known of a request whose bytes have been read before. */
export interface KnownRequest {
  /** All of it, as it came. */
  readonly bytes: Buffer;
  readonly head: Head;
  readonly method: string;
  readonly url: string;
  readonly rawHeaders: Headers;
  /** Frozen. */
  readonly headers: IncomingHttpHeaders;
  readonly host: string;
  readonly path: string;
  readonly query: string;
  readonly body: Buffer;
  /** The body as text. */
  readonly text: string;
}

/** Requests that are remembered, and bytes of all of them. */
const MAX_REQUESTS = 1000;
const MAX_BYTES = 1024 * 1024;
/** Bytes of one that is worth it: a longer one is hardly sent twice. */
const LONGEST = 8 * 1024;

/** Requests remembered by their bytes, for as long as the guard that has read them lives. */
export class KnownRequests {
  readonly #known = new LRUCache<string, KnownRequest>({
    max: MAX_REQUESTS,
    maxSize: MAX_BYTES,
    sizeCalculation: ({ bytes }) => bytes.length,
  });

  find(bytes: Buffer): KnownRequest | undefined {
    return bytes.length > LONGEST ? undefined : this.#known.get(bytes.toString('latin1'));
  }

  /** Remembers a request that came in one piece with these bytes, and nothing behind it, if it can be answered unread. */
  learn(bytes: Buffer, message: Message, inbound: Inbound): void {
    const known = bytes.length > LONGEST ? undefined : describe(bytes, message, inbound);
    if (known !== undefined) this.#known.set(bytes.toString('latin1'), known);
  }
}

function describe(
  came: Buffer,
  { head, request, response }: Message,
  inbound: Inbound,
): KnownRequest | undefined {
  const { method, path, query, rawHeaders, headers } = inbound;
  const { url = '' } = request;
  // What a trusted proxy says may put another host in the place of the request's own.
  const isPlain =
    request.httpVersion === '1.1' &&
    url.startsWith('/') &&
    head.host !== undefined &&
    headers === request.headers;
  const isKnown = isPlain && isOrdinary(response) && !head.isUnclear && !head.hasUpgrade;
  if (!isKnown || headers.expect !== undefined) return undefined;
  // What came may lie in a much larger block.
  const bytes = Buffer.from(came);
  const body = bytes.subarray(headLength(bytes));
  return {
    bytes,
    head,
    method,
    url,
    rawHeaders,
    headers: Object.freeze({ ...headers }),
    host: head.host as string,
    path,
    query,
    body,
    text: body.toString(),
  };
}

const HEAD_END = '\r\n\r\n';

function headLength(bytes: Buffer): number {
  const end = bytes.indexOf(HEAD_END, 0, 'latin1');
  return end === -1 ? bytes.length : end + HEAD_END.length;
}

/**
 * Whether the bytes are one request and nothing else, given its head's `Content-Length`, to everybody who reads them:
 * no line ends in another way than with CRLF.
 */
export function isOneRequest(bytes: Buffer, { contentLength = '0', isUnclear }: Head): boolean {
  const length = headLength(bytes);
  if (isUnclear || bytes.length !== length + Number(contentLength)) return false;
  const head = bytes.toString('latin1', 0, length);
  return head.endsWith(HEAD_END) && !/\r(?!\n)|(?<!\r)\n/.test(head);
}
