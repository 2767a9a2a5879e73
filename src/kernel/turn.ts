let current: Turn | undefined;

/** One turn of the event loop: what has been read is handled, then what was put off to its end. */
export class Turn {
  /** The one that is under way. */
  static now(): Turn {
    if (current === undefined) {
      current = new Turn();
      setImmediate(() => {
        current = undefined;
      });
    }
    return current;
  }

  get isOver(): boolean {
    return current !== this;
  }
}
