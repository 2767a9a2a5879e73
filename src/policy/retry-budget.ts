import type { Clock } from '../kernel/clock.ts';
import { SlidingWindow } from './sliding-window.ts';

/** Milliseconds over which calls and retries are weighed. */
const WINDOW = 10_000;
/** Retries in a window that are always allowed: a share of next to no calls would be none. */
const FLOOR = 10;

/** Keeps retries from multiplying the load on a service that fails: they may add only a share to the calls. */
export class RetryBudget {
  readonly #share: number;
  readonly #window: SlidingWindow;

  /** `share`: 0 to 1; 0 allows none at all, not even the floor. */
  constructor(share: number, clock: Clock) {
    this.#share = share;
    this.#window = new SlidingWindow(clock, WINDOW);
  }

  /** Counts a first try. */
  deposit(): void {
    this.#window.addGood();
  }

  /** Counts a retry if the budget has room for it. */
  withdraw(): boolean {
    if (this.#share === 0) return false;
    if (this.#window.bad >= Math.max(FLOOR, this.#share * this.#window.good)) return false;
    this.#window.addBad();
    return true;
  }
}
