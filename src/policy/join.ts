import { type AbortListener, abortError, listenForAbort, SignalSource } from '../kernel/abort.ts';
import type { Scope } from '../kernel/scope.ts';

/** Passengers that are let out in one turn of the event loop. */
const AT_A_TIME = 16;

/** Work that can be done under any scope and comes to the same result under each. Never changes anything. */
export type Work<R> = (scope: Scope) => Promise<R>;

/**
 * Joins work that is on its way to the same result: it is done once, and all who wait get the one result, which must not
 * be changed. It belongs to all of them: it does not end at the first one's deadline, who leaves takes only itself
 * away, and with the last one it is aborted. That one gets what comes of it then; who leaves others behind gets what
 * comes of its own work under its ended scope, as if it had never been joined.
 */
export class Joins<R> {
  readonly #flights = new Map<string, Flight<R>>();

  /** The result of `work`, or of that of another caller with the same key. Rejects as the work does. */
  run(key: string, scope: Scope, work: Work<R>): Promise<R> {
    if (scope.signal.aborted) return work(scope);
    const known = this.#flights.get(key);
    if (known !== undefined) return known.join(scope, work);
    const flight = new Flight<R>(this.#flights, key);
    const result = flight.join(scope, work);
    flight.start(scope, work);
    return result;
  }
}

/** One piece of work and those who wait for it. */
class Flight<R> {
  readonly #flights: Map<string, Flight<R>>;
  readonly #key: string;
  readonly #signal = new SignalSource();
  #waiting: Passenger<R>[] = [];
  #present = 0;

  constructor(flights: Map<string, Flight<R>>, key: string) {
    this.#flights = flights;
    this.#key = key;
    flights.set(key, this);
  }

  join(scope: Scope, work: Work<R>): Promise<R> {
    return new Promise((resolve, reject) => {
      this.#present++;
      this.#waiting.push(new Passenger(this, scope, work, resolve, reject));
    });
  }

  start(scope: Scope, work: Work<R>): void {
    work({ ...scope, signal: this.#signal, deadline: Number.POSITIVE_INFINITY }).then(
      (result) => letOut(this.#land(), (passenger) => passenger.receive(result)),
      (error) => letOut(this.#land(), (passenger) => passenger.fail(error)),
    );
  }

  /** Somebody's scope has ended; true if others are left. */
  leave(scope: Scope): boolean {
    if (this.#present > 1) {
      this.#present--;
      return true;
    }
    this.#close();
    this.#signal.abort(abortError(scope.signal));
    return false;
  }

  /** Lets all out: the table of the flights may hold on to this one for a while, and must not hold them with it. */
  #land(): Passenger<R>[] {
    this.#close();
    const waiting = this.#waiting;
    this.#waiting = [];
    return waiting;
  }

  /** Nobody joins any more. */
  #close(): void {
    if (this.#flights.get(this.#key) === this) this.#flights.delete(this.#key);
  }
}

/**
 * To some at a time, the first ones first: while all of them are answered nobody is listened to, and whoever asks again
 * would wait for the last one's answer.
 */
function letOut<P>(passengers: readonly P[], out: (passenger: P) => void): void {
  for (const passenger of passengers.slice(0, AT_A_TIME)) out(passenger);
  if (passengers.length > AT_A_TIME) setImmediate(letOut, passengers.slice(AT_A_TIME), out);
}

class Passenger<R> implements AbortListener {
  readonly #flight: Flight<R>;
  readonly #scope: Scope;
  readonly #work: Work<R>;
  readonly #resolve: (result: R | Promise<R>) => void;
  readonly #reject: (error: unknown) => void;

  constructor(
    flight: Flight<R>,
    scope: Scope,
    work: Work<R>,
    resolve: (result: R | Promise<R>) => void,
    reject: (error: unknown) => void,
  ) {
    this.#flight = flight;
    this.#scope = scope;
    this.#work = work;
    this.#resolve = resolve;
    this.#reject = reject;
    listenForAbort(scope.signal, this);
  }

  handleEvent(): void {
    // What comes from the flight later settles nothing any more.
    if (this.#flight.leave(this.#scope)) this.#resolve(this.#work(this.#scope));
  }

  receive(result: R): void {
    this.#scope.signal.removeEventListener('abort', this);
    this.#resolve(result);
  }

  fail(error: unknown): void {
    this.#scope.signal.removeEventListener('abort', this);
    this.#reject(error);
  }
}
