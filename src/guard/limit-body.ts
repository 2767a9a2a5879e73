import type { IncomingMessage } from 'node:http';
import { GatewayError } from '../kernel/error.ts';
import type { BodyLength } from './framing.ts';

/** The error for a body over the limit. */
export function bodyTooLarge(): GatewayError {
  return new GatewayError('PAYLOAD_TOO_LARGE', 'The request body is too large');
}

/**
 * Refuses a body that announces more than `limit` bytes, and calls `onOverflow` once when one that announces
 * nothing has brought more. Whoever reads the request sees the bytes up to there and no end of them.
 * The bytes are counted on their way from the parser into the stream: nothing is buffered, and the stream is not
 * set flowing, so that doors can read it in any way and at any pace. Throws PAYLOAD_TOO_LARGE.
 */
export function limitBody(
  request: IncomingMessage,
  length: BodyLength,
  limit: number,
  onOverflow: (error: GatewayError) => void,
): void {
  if (length !== 'unknown') {
    // Node's parser ends the body at the announced length.
    if (length > limit) throw bodyTooLarge();
    return;
  }
  const push = request.push;
  let received = 0;
  request.push = (chunk: Buffer | null, encoding?: BufferEncoding): boolean => {
    received += chunk?.length ?? 0;
    if (received <= limit) return push.call(request, chunk, encoding);
    if (received !== Number.POSITIVE_INFINITY) {
      received = Number.POSITIVE_INFINITY;
      onOverflow(bodyTooLarge());
    }
    return true;
  };
}
