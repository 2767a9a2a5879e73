/** Counts what is under way in one run of a plan. */
export class Pending {
  #underWay = 0;
  #over = false;
  #settled: (() => void) | undefined;
  #broken: ((error: unknown) => void) | undefined;

  /** Resolves when nothing is under way any more; rejects with what was thrown while answers were looked at. */
  settled(): Promise<void> {
    if (this.#underWay === 0) return Promise.resolve();
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
    return this.#underWay > 1;
  }

  /** Something that was begun is over; `look` is what is to be done with it first. */
  end(look: () => void): void {
    try {
      look();
    } catch (error) {
      this.#over = true;
      this.#broken?.(error);
    }
    this.#underWay--;
    if (this.#underWay === 0) this.#settled?.();
  }
}
