import {
  type AbortListener,
  abortError,
  listenForAbort,
  type Signal,
  SignalSource,
} from '../kernel/abort.ts';
import { GatewayError } from '../kernel/error.ts';
import type { Scope } from '../kernel/scope.ts';

/**
 * The scope of an operation's calls that change nothing: it ends with the request's, or before that, once the
 * operation has its result and nobody waits for what is still under way.
 */
export class ReadScope implements AbortListener {
  readonly scope: Scope;
  readonly #outer: Signal;
  readonly #signal = new SignalSource();

  constructor(outer: Scope) {
    this.#outer = outer.signal;
    this.scope = { ...outer, signal: this.#signal };
    if (this.#outer.aborted) this.handleEvent();
    else listenForAbort(this.#outer, this);
  }

  handleEvent(): void {
    this.#signal.abort(abortError(this.#outer));
  }

  /** `unfinished`: calls are under way, which are aborted. */
  end(unfinished: boolean): void {
    this.#outer.removeEventListener('abort', this);
    if (!unfinished) return;
    this.#signal.abort(new GatewayError('CLIENT_CLOSED', 'The operation is over without this call'));
  }
}
