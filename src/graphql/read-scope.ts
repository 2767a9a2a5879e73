import { GatewayError } from '../kernel/error.ts';
import type { Scope } from '../kernel/scope.ts';
import { type AbortListener, listenForAbort } from '../policy/abort.ts';

/**
 * The scope of an operation's calls that change nothing: it ends with the request's, or before that, once the
 * operation has its result and nobody waits for what is still under way.
 */
export class ReadScope implements AbortListener {
  readonly scope: Scope;
  readonly #outer: AbortSignal;
  readonly #controller = new AbortController();

  constructor(outer: Scope) {
    this.#outer = outer.signal;
    this.scope = { ...outer, signal: this.#controller.signal };
    if (this.#outer.aborted) this.handleEvent();
    else listenForAbort(this.#outer, this);
  }

  handleEvent(): void {
    this.#controller.abort(this.#outer.reason);
  }

  /** `unfinished`: calls are under way, which are aborted. */
  end(unfinished: boolean): void {
    this.#outer.removeEventListener('abort', this);
    if (!unfinished) return;
    this.#controller.abort(new GatewayError('CLIENT_CLOSED', 'The operation is over without this call'));
  }
}
