import type { IncomingMessage } from 'node:http';
import { GatewayError } from '../kernel/error.ts';
import { GatewayRequest } from './gateway-request.ts';

/**
 * The whole body of a request, by the quickest way that there is. The guard has bounded its length.
 * Rejects with CLIENT_CLOSED if the client goes away before its end.
 */
export function readWhole(request: IncomingMessage): Promise<Buffer> {
  const whole = request instanceof GatewayRequest ? request.takeWhole() : undefined;
  return whole ?? readStream(request);
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
