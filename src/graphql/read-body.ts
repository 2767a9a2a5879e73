import type { IncomingMessage } from 'node:http';
import { GatewayError } from '../kernel/error.ts';

/**
 * The whole body of a request. Throws PAYLOAD_TOO_LARGE above `limit` bytes, before reading if the length is
 * announced, and CLIENT_CLOSED if the client goes away.
 */
export async function readBody(request: IncomingMessage, limit: number): Promise<Buffer> {
  if (Number(request.headers['content-length'] ?? 0) > limit) throw tooLarge(limit);
  const chunks: Buffer[] = [];
  let length = 0;
  try {
    // Breaking off must not destroy the request: the answer goes out on the same connection.
    for await (const chunk of request.iterator({ destroyOnReturn: false }) as AsyncIterable<Buffer>) {
      length += chunk.length;
      if (length > limit) throw tooLarge(limit);
      chunks.push(chunk);
    }
  } catch (cause) {
    if (cause instanceof GatewayError) throw cause;
    throw new GatewayError('CLIENT_CLOSED', 'The client went away', { cause });
  }
  return Buffer.concat(chunks);
}

function tooLarge(limit: number): GatewayError {
  return new GatewayError('PAYLOAD_TOO_LARGE', `The request body is larger than ${limit} bytes`);
}
