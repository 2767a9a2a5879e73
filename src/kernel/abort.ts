import { setMaxListeners } from 'node:events';
import { GatewayError } from './error.ts';

/** Told of an abort; an object with its own method, so that a call needs no closure for it. */
export interface AbortListener {
  handleEvent(): void;
}

/** As much of an `AbortSignal` as calls need. A native one is one of these, too. */
export interface Signal {
  readonly aborted: boolean;
  readonly reason: unknown;
  addEventListener(type: 'abort', listener: AbortListener | (() => void)): void;
  removeEventListener(type: 'abort', listener: AbortListener | (() => void)): void;
}

/**
 * A signal and its switch in one object. It is heard as a native `AbortSignal` is: each listener once, in the order in
 * which they came, none that was taken off, and one that throws keeps nobody from hearing. Making a native one and
 * listening to it costs several microseconds, and there is one for every request and every call.
 */
export class SignalSource implements Signal {
  aborted = false;
  reason: unknown;
  /** The only listener, as most of the time; with more of them, all are in the set. */
  #only: AbortListener | (() => void) | undefined;
  #listeners: Set<AbortListener | (() => void)> | undefined;
  #native: AbortSignal | undefined;

  addEventListener(_type: 'abort', listener: AbortListener | (() => void)): void {
    if (this.aborted) return;
    if (this.#listeners) {
      this.#listeners.add(listener);
    } else if (this.#only === undefined) {
      this.#only = listener;
    } else {
      this.#listeners = new Set([this.#only, listener]);
      this.#only = undefined;
    }
  }

  removeEventListener(_type: 'abort', listener: AbortListener | (() => void)): void {
    if (this.#only === listener) this.#only = undefined;
    else this.#listeners?.delete(listener);
  }

  /** Ends what goes by this signal, for `reason`; the first one counts. */
  abort(reason: Error): void {
    if (this.aborted) return;
    this.aborted = true;
    this.reason = reason;
    if (this.#only) tell(this.#only);
    // Still in its place while it is walked: what is taken off on the way is not told any more.
    else if (this.#listeners) for (const listener of this.#listeners) tell(listener);
    this.#only = undefined;
    this.#listeners = undefined;
  }

  /** The same as a native signal, for code and libraries that want one. Made when first asked for. */
  get native(): AbortSignal {
    if (this.#native) return this.#native;
    const controller = new AbortController();
    this.#native = controller.signal;
    if (this.aborted) controller.abort(this.reason);
    else this.addEventListener('abort', () => controller.abort(this.reason));
    return this.#native;
  }
}

function tell(listener: AbortListener | (() => void)): void {
  try {
    if (typeof listener === 'function') listener();
    else listener.handleEvent();
  } catch (fault) {
    queueMicrotask(() => {
      throw fault;
    });
  }
}

/** The signal as a native one. */
export function nativeSignal(signal: Signal): AbortSignal {
  if (signal instanceof SignalSource) return signal.native;
  if (signal instanceof AbortSignal) return signal;
  throw new TypeError('A signal of an unknown kind');
}

/**
 * Listens once for the end of a scope; take it off again with `signal.removeEventListener('abort', listener)`.
 * An operation may have hundreds of calls on one signal: Node's warning about more than ten listeners is switched off.
 */
export function listenForAbort(signal: Signal, listener: AbortListener | (() => void)): void {
  if (signal instanceof AbortSignal) setMaxListeners(0, signal);
  signal.addEventListener('abort', listener);
}

/** Why the signal aborted, as the gateway says it: a reason of any other kind becomes CLIENT_CLOSED. */
export function abortError(signal: Signal): GatewayError {
  const { reason } = signal;
  if (reason instanceof GatewayError) return reason;
  return new GatewayError('CLIENT_CLOSED', 'The client went away', { cause: reason });
}
