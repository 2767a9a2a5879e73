import type { IncomingMessage } from 'node:http';
import { GatewayError } from '../kernel/error.ts';
import { type BodyTaker, GatewayRequest } from './gateway-request.ts';

/**
 * Gives the whole body of a request to `taker` by the quickest way that there is, maybe before this returns. The guard
 * has bounded its length.
 */
export function takeWhole(request: IncomingMessage, taker: BodyTaker): void {
  if (request instanceof GatewayRequest && request.takeWhole(taker)) return;
  readStream(request).then(
    (body) => taker.takeBody(body),
    (error) => taker.missBody(error),
  );
}

/** The same as a promise. Rejects with CLIENT_CLOSED if the client goes away before its end. */
export function readWhole(request: IncomingMessage): Promise<Buffer> {
  return new Promise((takeBody, missBody) => takeWhole(request, { takeBody, missBody }));
}

async function readStream(request: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  try {
    // Breaking off must not destroy the request: the answer goes out on the same connection.
    for await (const chunk of request.iterator({ destroyOnReturn: false }) as AsyncIterable<Buffer>)
      chunks.push(chunk);
  } catch (cause) {
    throw new GatewayError('CLIENT_CLOSED', 'The client went away', { cause });
  }
  return Buffer.concat(chunks);
}
