import type { ServerResponse } from 'node:http';
import type { Clock, Timer } from '../kernel/clock.ts';
import { GatewayError } from '../kernel/error.ts';
import type { GatewayRequest } from './gateway-request.ts';

/** Milliseconds in which a door may still answer from what it has, after its calls have been aborted. */
export const GRACE = 100;

/** What is to end when time is up. */
export interface Timed {
  readonly request: GatewayRequest;
  readonly response: ServerResponse;
  /** The timer that is set for it. */
  deadline: Timer | undefined;
  /** Aborts every call that is made for the request. */
  abort(error: GatewayError): void;
  /** Answers with the error, if no answer has begun. */
  fail(error: GatewayError): void;
  stop(error: GatewayError): void;
}

/**
 * Ends an exchange if no answer has begun `timeout` milliseconds from now: with REQUEST_TIMEOUT if the client is
 * still sending its request, else with DEADLINE_EXCEEDED. In that case the calls are aborted first, and the door
 * has a moment for a fallback or the part of an answer that it has. The deadline is for the first byte of the answer:
 * a download or an event stream under way may last as long as bytes flow, which the service's `idleTimeout` watches.
 * A timeout of 0 is none.
 */
export function startDeadline(clock: Clock, timeout: number, exchange: Timed): void {
  if (timeout > 0) exchange.deadline = clock.after(timeout, () => end(clock, exchange));
}

function end(clock: Clock, exchange: Timed): void {
  const { request, response } = exchange;
  if (response.headersSent) return;
  if (isClientSlow(request)) {
    exchange.stop(new GatewayError('REQUEST_TIMEOUT', 'Request timeout'));
    return;
  }
  const error = new GatewayError('DEADLINE_EXCEEDED', 'Gateway timeout');
  // First the timer: what the abort sets going may be over at once, and then there is to be none.
  exchange.deadline = clock.after(GRACE, () => {
    if (!response.headersSent) exchange.fail(error);
  });
  exchange.abort(error);
}

/** Bytes that lie here unread are waiting for the service, not for the client. */
function isClientSlow(request: GatewayRequest): boolean {
  return !request.complete && !request.hasUnread;
}
