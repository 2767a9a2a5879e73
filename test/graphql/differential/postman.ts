import { abortError, type Signal } from '../../../src/kernel/abort.ts';
import { mix } from './choice.ts';

/**
 * When answers come. `at once`: as soon as they are asked for. `in step`: all that wait, together, once nobody asks for
 * more. `shuffled`: one of those that wait, by the seed, and so on.
 */
export type Pace =
  | { readonly kind: 'at once' }
  | { readonly kind: 'in step' }
  | { readonly kind: 'shuffled'; readonly seed: number };

/** Turns of the event loop in which whoever got an answer asks for what it needs next. */
const TURNS = 4;

/** Delivers answers at a pace that no clock decides. */
export class Postman {
  readonly #pace: Pace;
  #waiting: (() => void)[] = [];
  #round: Promise<void> | undefined;
  #drawn = 0;

  constructor(pace: Pace) {
    this.#pace = pace;
  }

  /** Resolves when the answer is there; rejects if the call was aborted before. */
  async wait(signal: Signal): Promise<void> {
    if (this.#pace.kind !== 'at once') {
      await new Promise<void>((resolve) => {
        this.#waiting.push(resolve);
        this.#round ??= this.#deliver();
      });
    }
    if (signal.aborted) throw abortError(signal);
  }

  /** Whether somebody waits. */
  get busy(): boolean {
    return this.#waiting.length > 0;
  }

  /** Resolves once nobody waits any more. */
  async rest(): Promise<void> {
    while (this.#round !== undefined) await this.#round;
  }

  async #deliver(): Promise<void> {
    while (this.#waiting.length > 0) {
      for (let seen = -1, turns = 0; turns < TURNS; turns++) {
        if (seen !== this.#waiting.length) turns = 0;
        seen = this.#waiting.length;
        await new Promise((resolve) => setImmediate(resolve));
      }
      for (const resolve of this.#take()) resolve();
    }
    this.#round = undefined;
  }

  #take(): readonly (() => void)[] {
    if (this.#pace.kind !== 'shuffled') return this.#waiting.splice(0);
    this.#drawn++;
    return this.#waiting.splice(mix(this.#pace.seed, this.#drawn) % this.#waiting.length, 1);
  }
}
