import { isKnownContent } from '../../upstream/content.ts';
import type { RawAnswer } from '../call-connector.ts';

/**
 * What an answer is written from: who asked, with what, and the content that came, for each call in the order in which
 * they were answered. A plan writes the same text from the same contents.
 */
export class Basis {
  #parts: unknown[] | undefined = [];

  /** An answer came: to whom, asked with what. Equal texts stand for equal calls of the same asker. */
  answered(asker: object, text: string, { origin, stale }: RawAnswer): void {
    if (stale !== undefined || !isKnownContent(origin)) this.#parts = undefined;
    else this.#parts?.push(asker, text, origin);
  }

  /** A call came to nothing. */
  failed(): void {
    this.#parts = undefined;
  }

  /** All of it, once all calls are over; undefined: something in it never comes again. */
  get parts(): readonly unknown[] | undefined {
    return this.#parts?.length === 0 ? undefined : this.#parts;
  }
}
