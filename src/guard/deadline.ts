import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Clock, Timer } from '../kernel/clock.ts';
import { GatewayError } from '../kernel/error.ts';

const NO_TIMER: Timer = { cancel() {} };

/**
 * Calls back with the error if no answer has begun `timeout` milliseconds from now: REQUEST_TIMEOUT if the client
 * is still sending its request, else DEADLINE_EXCEEDED. The deadline is for the first byte of the answer: a download
 * or an event stream under way may last as long as bytes flow, which the service's `idleTimeout` watches. A
 * timeout of 0 is none.
 */
export function startDeadline(
  clock: Clock,
  timeout: number,
  request: IncomingMessage,
  response: ServerResponse,
  onPassed: (error: GatewayError) => void,
): Timer {
  if (timeout === 0) return NO_TIMER;
  return clock.after(timeout, () => {
    if (response.headersSent) return;
    onPassed(
      isClientSlow(request)
        ? new GatewayError('REQUEST_TIMEOUT', 'Request timeout')
        : new GatewayError('DEADLINE_EXCEEDED', 'Gateway timeout'),
    );
  });
}

/** Bytes that lie here unread are waiting for the service, not for the client. */
function isClientSlow(request: IncomingMessage): boolean {
  return !request.complete && request.readableLength === 0;
}
