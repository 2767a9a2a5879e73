/** Counts what is under way in one run of a plan. */
export class Pending {
  #underWay = 0;
  #isLooking = false;
  /** Batches that more may be added to. */
  #waiting: (() => void)[] = [];
  #over = false;
  #settled: (() => void) | undefined;
  #broken: ((error: unknown) => void) | undefined;

  /** Resolves when nothing is under way any more; rejects with what was thrown while answers were looked at. */
  settled(): Promise<void> {
    if (this.#underWay === 0 && this.#waiting.length === 0) return Promise.resolve();
    return new Promise((resolve, reject) => {
      this.#settled = resolve;
      this.#broken = reject;
    });
  }

  /** The plan was left while answers came in: nothing more is to be asked for. */
  get isOver(): boolean {
    return this.#over;
  }

  /** Nothing more is to be asked for; what is under way goes on, for others may wait for it. */
  abandon(): void {
    this.#over = true;
  }

  begin(): void {
    this.#underWay++;
  }

  /** Whether anything is under way beside what is just being looked at. */
  get hasOthers(): boolean {
    return this.#underWay > 1 || this.#waiting.length > 0;
  }

  /** Something that was begun is over; `look` is what is to be done with it first. */
  end(look: () => void): void {
    this.#isLooking = true;
    try {
      look();
    } catch (error) {
      this.#over = true;
      this.#broken?.(error);
    }
    this.#isLooking = false;
    this.#underWay--;
    // With nothing else under way there is nothing more to look at.
    if (this.#underWay === 0) this.#sendBatches();
    else if (this.#waiting.length > 0) this.#sendBatchesSoon();
    if (this.#underWay === 0) this.#settled?.();
  }

  /**
   * `send` begins a batch, once all that is ready now has been looked at and before the next answer is waited for: what
   * one answer brings travels together, and nobody waits for a slower sibling.
   */
  sendBatch(send: () => void): void {
    this.#waiting.push(send);
    if (!this.#isLooking) this.#sendBatchesSoon();
  }

  #sendBatchesSoon(): void {
    setImmediate(() => this.#sendBatches());
  }

  #sendBatches(): void {
    if (this.#waiting.length === 0) return;
    const batches = this.#waiting;
    this.#waiting = [];
    for (const send of batches) send();
  }
}
