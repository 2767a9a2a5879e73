import { type AbortListener, abortError, listenForAbort, type Signal } from '../kernel/abort.ts';
import type { Layer } from '../kernel/handler.ts';
import { Queue, Queued } from '../kernel/queue.ts';

export interface BulkheadOptions {
  /** Calls under way at a time. */
  readonly concurrent: number;
  /** Calls that may wait for a place, first come, first served. */
  readonly queued: number;
}

/** A bounded number of places and a bounded queue before them. */
export class Bulkhead {
  readonly #options: BulkheadOptions;
  readonly #queue = new Queue<Waiter>();
  #running = 0;

  constructor(options: BulkheadOptions) {
    this.#options = options;
  }

  get running(): number {
    return this.#running;
  }

  get waiting(): number {
    return this.#queue.size;
  }

  /**
   * `true`: a place, at once; `false`: none, and the queue is full; else a promise of a place, which rejects with the
   * signal's reason or with what `flush` was given. Each place must be given back with `leave`.
   */
  enter(signal: Signal): boolean | Promise<void> {
    if (this.#running < this.#options.concurrent) {
      this.#running++;
      return true;
    }
    if (this.#queue.size >= this.#options.queued) return false;
    if (signal.aborted) return Promise.reject(abortError(signal));
    return new Promise((resolve, reject) => {
      const waiter = new Waiter(this.#queue, signal, resolve, reject);
      this.#queue.add(waiter);
      listenForAbort(signal, waiter);
    });
  }

  /** Gives a place back; whoever waits longest has it. Bound, so that it can be handed on as it is. */
  readonly leave = (): void => {
    const { first } = this.#queue;
    if (first) first.admit();
    else this.#running--;
  };

  /** Turns away all who wait. */
  flush(error: Error): void {
    for (let { first } = this.#queue; first; first = this.#queue.first) first.refuse(error);
  }
}

class Waiter extends Queued<Waiter> implements AbortListener {
  readonly #queue: Queue<Waiter>;
  readonly #signal: Signal;
  readonly #resolve: () => void;
  readonly #reject: (error: Error) => void;

  constructor(queue: Queue<Waiter>, signal: Signal, resolve: () => void, reject: (error: Error) => void) {
    super();
    this.#queue = queue;
    this.#signal = signal;
    this.#resolve = resolve;
    this.#reject = reject;
  }

  handleEvent(): void {
    this.refuse(abortError(this.#signal));
  }

  admit(): void {
    this.#gone();
    this.#resolve();
  }

  refuse(error: Error): void {
    this.#gone();
    this.#reject(error);
  }

  #gone(): void {
    this.#queue.remove(this);
    this.#signal.removeEventListener('abort', this);
  }
}

export interface BulkheadLayerOptions<S> {
  /** Calls `release` once the answer no longer occupies the service. */
  hold(answer: S, release: () => void): void;
  /** The error for a call that finds the queue full. */
  full(): Error;
}

/** Lets only so many calls be under way; a place is kept until the answer is done with, not only until it begins. */
export function createBulkheadLayer<Q, S>(bulkhead: Bulkhead, options: BulkheadLayerOptions<S>): Layer<Q, S> {
  // The same two for every call: they need to know nothing of it.
  const hold = (answer: S) => {
    options.hold(answer, bulkhead.leave);
    return answer;
  };
  const giveBack = (error: unknown) => {
    bulkhead.leave();
    throw error;
  };
  return (next) => (request, scope) => {
    const place = bulkhead.enter(scope.signal);
    if (place === true) return next(request, scope).then(hold, giveBack);
    if (place === false) return Promise.reject(options.full());
    return place.then(() => next(request, scope).then(hold, giveBack));
  };
}
