import { LRUCache } from 'lru-cache';
import type { Clock } from '../kernel/clock.ts';
import type { Count, Counters, Quota } from './counters.ts';

/** Counters at the most; of more, those are forgotten that have not been asked for the longest. */
const CAPACITY = 100_000;

/** Milliseconds by which the ends of one window may differ at the most, as heard at different times. */
const SAME_END = 1000;

interface Counter {
  used: number;
  /** Milliseconds of `Clock.wall`. */
  resetAt: number;
}

/** Counts in this process, in bounded memory. */
export class MemoryCounters implements Counters {
  readonly #clock: Clock;
  readonly #capacity: number;
  /** Made with the first count: most gateways ask for none, and its place is set aside all at once. */
  #counters: LRUCache<string, Counter> | undefined;

  constructor(clock: Clock, capacity: number = CAPACITY) {
    this.#clock = clock;
    this.#capacity = capacity;
  }

  consume(key: string, { requests, window }: Quota, points: number): Count {
    const now = this.#clock.wall();
    const known = this.#find(key, now + window, now);
    const counter = known ?? { used: 0, resetAt: now + window };
    const allowed = counter.used + points <= requests;
    if (allowed) {
      counter.used += points;
      // A window begins with what is taken, not with what is refused.
      if (known === undefined) this.#keep(key, counter);
    }
    const remaining = Math.max(0, requests - counter.used);
    return { allowed, limit: requests, remaining, resetAt: counter.resetAt };
  }

  refund(key: string, points: number): void {
    const counter = this.#counters?.get(key);
    if (counter !== undefined) counter.used = Math.max(0, counter.used - points);
  }

  /**
   * Takes over what has been counted elsewhere, so that counting can go on from there. Gives the end of the window as
   * it was first heard of: each answer takes a little longer or shorter, and callers are to see one end.
   */
  note(key: string, used: number, resetAt: number, window: number): number {
    const known = this.#counters?.get(key);
    if (known === undefined || Math.abs(resetAt - known.resetAt) >= Math.min(SAME_END, window / 2)) {
      this.#keep(key, { used, resetAt });
      return resetAt;
    }
    known.used = used;
    return known.resetAt;
  }

  /** The counter of the window that runs now, if there is one. */
  #find(key: string, latestEnd: number, now: number): Counter | undefined {
    const known = this.#counters?.get(key);
    // A window that ends later than a new one would is of a clock that has been set back.
    return known !== undefined && now < known.resetAt && known.resetAt <= latestEnd ? known : undefined;
  }

  #keep(key: string, counter: Counter): void {
    this.#counters ??= new LRUCache({ max: this.#capacity });
    this.#counters.set(key, counter);
  }
}
