import type { Clock } from '../kernel/clock.ts';

const BUCKETS = 10;

/**
 * Counts two kinds of events over the last so many milliseconds. Time is cut into ten buckets, so an event is
 * forgotten between nine and ten tenths of the window later.
 */
export class SlidingWindow {
  readonly #clock: Clock;
  readonly #bucketSize: number;
  readonly #good = new Array<number>(BUCKETS).fill(0);
  readonly #bad = new Array<number>(BUCKETS).fill(0);
  #goodTotal = 0;
  #badTotal = 0;
  /** Number of the newest bucket, counted from the clock's zero. */
  #newest: number;

  constructor(clock: Clock, milliseconds: number) {
    this.#clock = clock;
    this.#bucketSize = Math.max(1, milliseconds / BUCKETS);
    this.#newest = this.#bucketNow();
  }

  addGood(): void {
    this.#moveOn();
    this.#good[this.#newest % BUCKETS]!++;
    this.#goodTotal++;
  }

  addBad(): void {
    this.#moveOn();
    this.#bad[this.#newest % BUCKETS]!++;
    this.#badTotal++;
  }

  get good(): number {
    this.#moveOn();
    return this.#goodTotal;
  }

  get bad(): number {
    this.#moveOn();
    return this.#badTotal;
  }

  clear(): void {
    this.#good.fill(0);
    this.#bad.fill(0);
    this.#goodTotal = 0;
    this.#badTotal = 0;
  }

  #bucketNow(): number {
    return Math.floor(this.#clock.now() / this.#bucketSize);
  }

  #moveOn(): void {
    const now = this.#bucketNow();
    if (now === this.#newest) return;
    if (now - this.#newest >= BUCKETS) {
      this.clear();
    } else {
      for (let bucket = this.#newest + 1; bucket <= now; bucket++) {
        const index = bucket % BUCKETS;
        this.#goodTotal -= this.#good[index] as number;
        this.#badTotal -= this.#bad[index] as number;
        this.#good[index] = 0;
        this.#bad[index] = 0;
      }
    }
    this.#newest = now;
  }
}
