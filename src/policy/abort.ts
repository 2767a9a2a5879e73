import { setMaxListeners } from 'node:events';
import { GatewayError } from '../kernel/error.ts';

/** Told of an abort; an object with its own method, so that a call needs no closure for it. */
export interface AbortListener {
  handleEvent(): void;
}

/**
 * Listens once for the end of a scope; take it off again with `signal.removeEventListener('abort', listener)`.
 * An operation may have hundreds of calls on one signal: Node's warning about more than ten listeners is switched off.
 */
export function listenForAbort(signal: AbortSignal, listener: AbortListener | (() => void)): void {
  setMaxListeners(0, signal);
  signal.addEventListener('abort', listener as () => void, { once: true });
}

/** Why the signal aborted, as the gateway says it: a reason of any other kind becomes CLIENT_CLOSED. */
export function abortError(signal: AbortSignal): GatewayError {
  const reason: unknown = signal.reason;
  if (reason instanceof GatewayError) return reason;
  return new GatewayError('CLIENT_CLOSED', 'The client went away', { cause: reason });
}
