/** Resources whose last change is remembered, at a time. */
const REMEMBERED = 1000;

/** Remembers which resources were changed when, so that an answer that was on its way meanwhile is known to be old. */
export class Changes {
  readonly #last = new Map<string, number>();
  #count = 0;
  /** What is not remembered has not changed since. */
  #floor = 0;

  /** A moment to ask `since` about. */
  get count(): number {
    return this.#count;
  }

  note(uri: string): void {
    this.#count++;
    if (this.#last.size >= REMEMBERED) {
      this.#last.clear();
      this.#floor = this.#count;
    }
    this.#last.set(uri, this.#count);
  }

  /** Whether the resource may have changed after that moment. */
  since(uri: string, moment: number): boolean {
    return (this.#last.get(uri) ?? this.#floor) > moment;
  }
}
