import { GatewayError } from '../kernel/error.ts';
import type { BodyLength } from './framing.ts';
import type { GatewayRequest } from './gateway-request.ts';

/** The error for a body over the limit. */
export function bodyTooLarge(): GatewayError {
  return new GatewayError('PAYLOAD_TOO_LARGE', 'The request body is too large');
}

/**
 * Refuses a body that announces more than `limit` bytes, and stops the exchange once one that announces nothing has
 * brought more. Throws PAYLOAD_TOO_LARGE.
 */
export function limitBody(
  length: BodyLength,
  limit: number,
  exchange: { readonly request: GatewayRequest; stop(error: GatewayError): void },
): void {
  if (length === 'unknown') exchange.request.bound(limit, () => exchange.stop(bodyTooLarge()));
  // Node's parser ends the body at the announced length.
  else if (length > limit) throw bodyTooLarge();
}
