import type { ServerResponse } from 'node:http';
import { isOrdinary, keptFor } from './inner-response.ts';

/**
 * The head of an answer that many get: what is the same for all who get it within one second, as Node has made it for
 * the first of them. Before it goes the status line and what each has of its own.
 */
export class ReadyHead {
  #status = '';
  #rest = '';
  #shared = '';
  #keptFor: number | undefined;
  /** Milliseconds since 1970, when the `Date` in it is over. */
  #until = 0;
  #wasMade = false;

  /** What goes behind the answer's own lines; undefined if it is not known what Node would make of this response. */
  restFor(response: ServerResponse, shared: string): string | undefined {
    return isOrdinary(response) ? this.rest(shared, keptFor(response)) : undefined;
  }

  /** The same for any ordinary response on a connection that is kept for so many milliseconds. */
  rest(shared: string, kept: number): string | undefined {
    const holds = Date.now() < this.#until && shared === this.#shared && kept === this.#keptFor;
    return holds ? this.#rest : undefined;
  }

  /** Status line and own lines. Only where the rest is known. */
  frontWith(own: string): string {
    return this.#status + own;
  }

  /** Takes a head to pieces that Node has made with these lines; not the first one, for many an answer has one taker. */
  learn(response: ServerResponse, head: string, own: string, shared: string): void {
    if (!this.#wasMade) {
      this.#wasMade = true;
      return;
    }
    const now = Date.now();
    const at = head.indexOf('\r\n') + 2;
    const isKnown =
      isOrdinary(response) &&
      head.startsWith(own, at) &&
      head.includes(`\r\nDate: ${new Date(now).toUTCString()}\r\n`);
    // What is known from before holds for the responses that it held for.
    if (!isKnown) return;
    this.#until = now - (now % 1000) + 1000;
    this.#status = head.slice(0, at);
    this.#rest = head.slice(at + own.length);
    this.#shared = shared;
    this.#keptFor = keptFor(response);
  }
}
