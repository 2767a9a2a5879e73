import { type AbortListener, abortError, listenForAbort, SignalSource } from '../kernel/abort.ts';
import type { Scope } from '../kernel/scope.ts';
import { Turn } from '../kernel/turn.ts';
import { Flights } from './flights.ts';

/** Work that can be done under any scope and comes to the same result under each. Never changes anything. */
export type Work<Q, R> = (request: Q, scope: Scope) => Promise<R>;

/** Who waits for a result. Called, not promised to: a promise for each of many costs more than joining saves. */
export interface Guest<R> {
  /** Must not throw. */
  receive(result: R): void;
  /** Must not throw. */
  fail(error: unknown): void;
}

/**
 * Joins work that is on its way to the same result: it is done once, and all who wait get the one result, which must not
 * be changed. It belongs to all of them: it does not end at the first one's deadline, who leaves takes only itself
 * away, and with the last one it is aborted. That one gets what comes of it then; who leaves others behind gets what
 * comes of its own work under its ended scope, as if it had never been joined.
 *
 * Work that has nothing to wait for, because all it needs is in a cache, would be over before anybody could join it. As
 * long as that is so, it begins at the end of the turn: all who come in the same turn have it done once.
 */
export class Joins<Q, R> {
  readonly work: Work<Q, R>;
  readonly flights = new Flights<Flight<Q, R>>();
  /** How often work has begun, or been put off to the end of the turn. */
  begun = 0;
  /** The last work was over in the turn in which it began. */
  wasShort = false;

  constructor(work: Work<Q, R>) {
    this.work = work;
  }

  /** Gives the guest the result of the work, or of that of another caller with the same key. */
  run(key: string, request: Q, scope: Scope, guest: Guest<R>): void {
    if (scope.signal.aborted) {
      hand(this.work(request, scope), guest);
      return;
    }
    const known = this.flights.find(key);
    if (known !== undefined) {
      known.join(request, scope, guest);
      return;
    }
    const flight = new Flight(this, key);
    flight.join(request, scope, guest);
    this.begun++;
    if (this.wasShort) setImmediate(() => flight.start(request, scope));
    else flight.start(request, scope);
  }
}

/** Gives a guest what a promise comes to. */
export function hand<R>(result: Promise<R>, guest: Guest<R>): void {
  result.then(
    (good) => guest.receive(good),
    (error) => guest.fail(error),
  );
}

/** One piece of work and those who wait for it. */
class Flight<Q, R> {
  readonly joins: Joins<Q, R>;
  readonly #key: string;
  readonly #signal = new SignalSource();
  #waiting: Passenger<Q, R>[] = [];
  #present = 0;

  constructor(joins: Joins<Q, R>, key: string) {
    this.joins = joins;
    this.#key = key;
    joins.flights.add(key, this);
  }

  join(request: Q, scope: Scope, guest: Guest<R>): void {
    this.#present++;
    this.#waiting.push(new Passenger(this, request, scope, guest));
  }

  start(request: Q, scope: Scope): void {
    const own = { ...scope, signal: this.#signal, deadline: Number.POSITIVE_INFINITY };
    const turn = Turn.now();
    this.joins.work(request, own).then(
      (result) => letOut(this.#land(turn), (passenger) => passenger.receive(result), this.joins),
      (error) => letOut(this.#land(turn), (passenger) => passenger.fail(error), this.joins),
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
  #land(begun: Turn): Passenger<Q, R>[] {
    this.joins.wasShort = !begun.isOver;
    this.#close();
    const waiting = this.#waiting;
    this.#waiting = [];
    return waiting;
  }

  /** Nobody joins any more. */
  #close(): void {
    this.joins.flights.remove(this.#key, this);
  }
}

/** So many are let out before anybody is listened to again, which costs as much as one or two answers. */
const AT_ONCE = 20;

/**
 * By turns, the first ones first, each time twice as many: while all of them are answered nobody is listened to, and
 * who asks again would wait for the last one's answer. As soon as somebody has, and new work has begun, the others follow
 * what that work sends: a connection takes a request in the turn after the one in which it was given it.
 */
function letOut<P>(
  passengers: readonly P[],
  out: (passenger: P) => void,
  joins: { readonly begun: number },
  from = 0,
): void {
  const to = letOutSome(passengers, out, from, Math.min(from + 1, AT_ONCE));
  if (to === passengers.length) return;
  const { begun } = joins;
  setImmediate(() => {
    if (joins.begun === begun) letOut(passengers, out, joins, to);
    else setImmediate(() => letOutOthers(passengers, out, to));
  });
}

/** In portions: between them the new work's answers are heard, and its next call goes out while there is still much to do. */
function letOutOthers<P>(passengers: readonly P[], out: (passenger: P) => void, from: number): void {
  const to = letOutSome(passengers, out, from, AT_ONCE);
  if (to < passengers.length) setImmediate(() => letOutOthers(passengers, out, to));
}

/** Gives the first one that is still in. */
function letOutSome<P>(
  passengers: readonly P[],
  out: (passenger: P) => void,
  from: number,
  most: number,
): number {
  const to = Math.min(from + most, passengers.length);
  for (let at = from; at < to; at++) out(passengers[at] as P);
  return to;
}

class Passenger<Q, R> implements AbortListener {
  readonly #flight: Flight<Q, R>;
  readonly #request: Q;
  readonly #scope: Scope;
  /** Undefined once it has what it waited for, or sees to it by itself. */
  #guest: Guest<R> | undefined;

  constructor(flight: Flight<Q, R>, request: Q, scope: Scope, guest: Guest<R>) {
    this.#flight = flight;
    this.#request = request;
    this.#scope = scope;
    this.#guest = guest;
    listenForAbort(scope.signal, this);
  }

  handleEvent(): void {
    const guest = this.#guest;
    if (guest === undefined || !this.#flight.leave(this.#scope)) return;
    this.#guest = undefined;
    hand(this.#flight.joins.work(this.#request, this.#scope), guest);
  }

  receive(result: R): void {
    this.#leaveTo()?.receive(result);
  }

  fail(error: unknown): void {
    this.#leaveTo()?.fail(error);
  }

  #leaveTo(): Guest<R> | undefined {
    this.#scope.signal.removeEventListener('abort', this);
    const guest = this.#guest;
    this.#guest = undefined;
    return guest;
  }
}
