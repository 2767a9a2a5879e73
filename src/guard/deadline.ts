import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Clock, Timer } from '../kernel/clock.ts';
import { GatewayError } from '../kernel/error.ts';

const NO_TIMER: Timer = { cancel() {} };

/** Milliseconds in which a door may still answer from what it has, after its calls have been aborted. */
export const GRACE = 100;

/** What is to end when time is up. */
export interface Timed {
  /** Aborts every call that is made for the request. */
  abort(error: GatewayError): void;
  /** Answers with the error, if no answer has begun. */
  fail(error: GatewayError): void;
}

/**
 * Ends an exchange if no answer has begun `timeout` milliseconds from now: with REQUEST_TIMEOUT if the client is
 * still sending its request, else with DEADLINE_EXCEEDED. In that case the calls are aborted first, and the door
 * has a moment for a fallback or the part of an answer that it has. The deadline is for the first byte of the answer:
 * a download or an event stream under way may last as long as bytes flow, which the service's `idleTimeout` watches.
 * A timeout of 0 is none.
 */
export function startDeadline(
  clock: Clock,
  timeout: number,
  request: IncomingMessage,
  response: ServerResponse,
  exchange: Timed,
): Timer {
  if (timeout === 0) return NO_TIMER;
  let timer = clock.after(timeout, () => {
    if (response.headersSent) return;
    if (isClientSlow(request)) {
      const error = new GatewayError('REQUEST_TIMEOUT', 'Request timeout');
      exchange.abort(error);
      exchange.fail(error);
      return;
    }
    const error = new GatewayError('DEADLINE_EXCEEDED', 'Gateway timeout');
    exchange.abort(error);
    timer = clock.after(GRACE, () => {
      if (!response.headersSent) exchange.fail(error);
    });
  });
  return { cancel: () => timer.cancel() };
}

/** Bytes that lie here unread are waiting for the service, not for the client. */
function isClientSlow(request: IncomingMessage): boolean {
  return !request.complete && request.readableLength === 0;
}
