import type { IncomingMessage } from 'node:http';
import { readWhole } from '../guard/read-whole.ts';
import { GatewayError } from '../kernel/error.ts';

/**
 * The whole body of a request. Throws PAYLOAD_TOO_LARGE above `limit` bytes (which the guard has seen to while they
 * came, where there is one), and CLIENT_CLOSED if the client goes away.
 */
export async function readBody(request: IncomingMessage, limit: number): Promise<Buffer> {
  const body = await readWhole(request);
  if (body.length <= limit) return body;
  throw new GatewayError('PAYLOAD_TOO_LARGE', `The request body is larger than ${limit} bytes`);
}
