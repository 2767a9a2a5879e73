import { type AbortListener, abortError, listenForAbort, SignalSource } from '../kernel/abort.ts';
import type { Handler, Layer } from '../kernel/handler.ts';
import type { Scope } from '../kernel/scope.ts';
import { Flights } from './flights.ts';

export interface DedupeOptions<Q, S> {
  /** Equal for requests that may have one answer between them; undefined: this one goes alone. */
  key(request: Q): string | undefined;
  /** A way to make copies of the answer to this request, each for one caller; undefined if it can't be shared. */
  share(request: Q, answer: S): ((joined: boolean) => S) | undefined;
  /** Calls back once the answer (or copy) is done with: read, broken or let go. */
  hold(answer: S, done: () => void): void;
  /** Ends one caller's copy: who reads it gets `error`. */
  drop(answer: S, error: Error): void;
}

/**
 * Joins requests that are on their way to the same answer. Joining is open until the answer begins. An answer with one
 * caller goes to it untouched; with several it is copied if it can be, and if not, the first has it and the others make
 * their own calls. A caller that leaves takes only itself away; the last one to leave aborts the call.
 */
export function createDedupe<Q, S>(options: DedupeOptions<Q, S>): Layer<Q, S> {
  return (next) => {
    const flights = new Flights<Flight<Q, S>>();
    return (request, scope) => {
      const key = options.key(request);
      if (key === undefined) return next(request, scope);
      let flight = flights.find(key);
      if (flight && !flight.abandoned) return flight.join(request, scope);
      flight = new Flight(options, next, flights, key);
      const answer = flight.join(request, scope);
      flight.start(request, scope);
      return answer;
    };
  };
}

/** One call and those who wait for it. */
class Flight<Q, S> {
  readonly options: DedupeOptions<Q, S>;
  readonly next: Handler<Q, S>;
  readonly #flights: Flights<Flight<Q, S>>;
  readonly #key: string;
  readonly #signal = new SignalSource();
  #callers: Caller<Q, S>[] = [];
  #present = 0;
  #over = false;

  constructor(
    options: DedupeOptions<Q, S>,
    next: Handler<Q, S>,
    flights: Flights<Flight<Q, S>>,
    key: string,
  ) {
    this.options = options;
    this.next = next;
    this.#flights = flights;
    this.#key = key;
    flights.add(key, this);
  }

  /** Everybody has left, so the call is being aborted. */
  get abandoned(): boolean {
    return this.#signal.aborted;
  }

  join(request: Q, scope: Scope): Promise<S> {
    return new Promise((resolve, reject) => {
      if (scope.signal.aborted) {
        reject(abortError(scope.signal));
        return;
      }
      this.#present++;
      this.#callers.push(new Caller(this, request, scope, resolve, reject));
    });
  }

  start(request: Q, scope: Scope): void {
    if (this.#present === 0) {
      this.#landed();
      return;
    }
    // The call belongs to all its callers: it ends with the last of them, not at the first one's deadline.
    const shared: Scope = { ...scope, signal: this.#signal, deadline: Number.POSITIVE_INFINITY };
    this.next(request, shared).then(
      (answer) => this.#deliver(answer),
      (error) => this.#fail(error),
    );
  }

  /** A caller needs the call no longer; `reason` is asked for only if that ends the call. */
  leave(reason: () => Error): void {
    this.#present--;
    if (this.#present > 0 || this.#over) return;
    this.#landed();
    this.#signal.abort(reason());
  }

  /** Nobody joins any more. */
  #landed(): void {
    this.#flights.remove(this.#key, this);
  }

  #deliver(answer: S): void {
    this.#landed();
    const { options } = this;
    const callers = this.#empty();
    options.hold(answer, () => {
      this.#over = true;
    });
    // Nearly always there is one, who has the answer as it is.
    const waiting = callers.length === 1 ? callers : callers.filter((caller) => caller.waiting);
    const first = waiting[0];
    if (!first?.waiting) {
      options.drop(answer, abortError(this.#signal));
    } else if (waiting.length === 1) {
      first.receive(answer, false);
    } else {
      this.#share(answer, first, waiting);
    }
  }

  #share(answer: S, first: Caller<Q, S>, waiting: readonly Caller<Q, S>[]): void {
    const copy = this.options.share(first.request, answer);
    if (copy) {
      waiting.forEach((caller, index) => {
        caller.receive(copy(index > 0), true);
      });
    } else {
      for (const caller of waiting) if (caller !== first) caller.goAlone();
      first.receive(answer, false);
    }
  }

  #fail(error: unknown): void {
    this.#landed();
    this.#over = true;
    for (const caller of this.#empty()) caller.fail(error);
  }

  /**
   * Takes the callers out. A table that a `Map` has outgrown still refers to what was in it, and keeps all that alive
   * until the next full collection: it must not find a call's whole state behind its flight.
   */
  #empty(): Caller<Q, S>[] {
    const callers = this.#callers;
    this.#callers = [];
    return callers;
  }
}

/** One who waits for a flight, and then reads what it brought. */
class Caller<Q, S> implements AbortListener {
  readonly #flight: Flight<Q, S>;
  readonly request: Q;
  readonly #scope: Scope;
  readonly #resolve: (answer: S | Promise<S>) => void;
  readonly #reject: (error: unknown) => void;
  #copy: S | undefined;
  #state: 'waiting' | 'reading' | 'done' = 'waiting';

  constructor(
    flight: Flight<Q, S>,
    request: Q,
    scope: Scope,
    resolve: (answer: S | Promise<S>) => void,
    reject: (error: unknown) => void,
  ) {
    this.#flight = flight;
    this.request = request;
    this.#scope = scope;
    this.#resolve = resolve;
    this.#reject = reject;
    listenForAbort(scope.signal, this);
  }

  get waiting(): boolean {
    return this.#state === 'waiting';
  }

  /** The client is gone. */
  handleEvent(): void {
    const error = abortError(this.#scope.signal);
    const copy = this.#copy;
    this.#reject(error);
    this.#close(() => error);
    if (copy !== undefined) this.#flight.options.drop(copy, error);
  }

  receive(answer: S, copied: boolean): void {
    this.#state = 'reading';
    if (copied) this.#copy = answer;
    this.#flight.options.hold(answer, () => this.#close(notWanted));
    this.#resolve(answer);
  }

  goAlone(): void {
    this.#close(notShared);
    this.#resolve(this.#flight.next(this.request, this.#scope));
  }

  fail(error: unknown): void {
    if (!this.waiting) return;
    this.#close(() => error as Error);
    this.#reject(error);
  }

  #close(reason: () => Error): void {
    if (this.#state === 'done') return;
    this.#state = 'done';
    this.#scope.signal.removeEventListener('abort', this);
    this.#flight.leave(reason);
  }
}

// Errors are made only when they are needed: the stack of one costs as much as the rest of this layer.

function notWanted(): Error {
  return new Error('The answer is not wanted any more');
}

function notShared(): Error {
  return new Error('The answer can not be shared');
}
