import type { IncomingMessage } from 'node:http';
import { GatewayError } from '../kernel/error.ts';

/**
 * The whole body of a request. Throws PAYLOAD_TOO_LARGE above `limit` bytes, before reading if the length is
 * announced, and CLIENT_CLOSED if the client goes away. A body that is too large is left unread: the answer goes out
 * on the same connection.
 */
export function readBody(request: IncomingMessage, limit: number): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    if (Number(request.headers['content-length'] ?? 0) > limit) throw tooLarge(limit);
    if (request.destroyed) throw clientClosed(request.errored);
    const chunks: Buffer[] = [];
    let length = 0;
    const settle = () => {
      request.off('data', onData).off('end', onEnd).off('error', onBreak).off('close', onBreak);
    };
    const onData = (chunk: Buffer) => {
      length += chunk.length;
      chunks.push(chunk);
      if (length <= limit) return;
      settle();
      request.pause();
      reject(tooLarge(limit));
    };
    const onEnd = () => {
      settle();
      resolve(chunks.length === 1 ? (chunks[0] as Buffer) : Buffer.concat(chunks, length));
    };
    const onBreak = (cause?: Error) => {
      settle();
      reject(clientClosed(cause));
    };
    request.on('data', onData).on('end', onEnd).on('error', onBreak).on('close', onBreak);
  });
}

function tooLarge(limit: number): GatewayError {
  return new GatewayError('PAYLOAD_TOO_LARGE', `The request body is larger than ${limit} bytes`);
}

function clientClosed(cause: unknown): GatewayError {
  return new GatewayError('CLIENT_CLOSED', 'The client went away', { cause });
}
