/** Milliseconds that a timer may be early: Node's own round as coarsely. */
const EARLY = 1;

/**
 * Timers of one duration. They fall due in the order in which they were set, so one of Node's serves them all: nearly
 * every one is cancelled long before its time, and setting and clearing one of Node's costs ten times as much.
 */
export class TimerList {
  readonly #milliseconds: number;
  readonly #ended: () => void;
  #first: Entry | undefined;
  #last: Entry | undefined;
  #running = false;

  /** `ended` is called when the list has been empty for a while, and can be let go. */
  constructor(milliseconds: number, ended: () => void) {
    this.#milliseconds = milliseconds;
    this.#ended = ended;
  }

  /** Calls back once after the list's duration. */
  set(callback: () => void): Entry {
    const entry = new Entry(this, performance.now() + this.#milliseconds, callback);
    entry.before = this.#last;
    if (this.#last) this.#last.after = entry;
    else this.#first = entry;
    this.#last = entry;
    if (!this.#running) this.#run(this.#milliseconds);
    return entry;
  }

  remove(entry: Entry): void {
    const { before, after } = entry;
    if (before) before.after = after;
    else this.#first = after;
    if (after) after.before = before;
    else this.#last = before;
    // One that has grown old would keep those that came after it from being collected young.
    entry.before = undefined;
    entry.after = undefined;
  }

  /** It is left running when the list is empty: the next entry is near, and will find it there. */
  #run(milliseconds: number): void {
    this.#running = true;
    setTimeout(() => this.#look(), milliseconds).unref();
  }

  #look(): void {
    try {
      const due = performance.now() + EARLY;
      while (this.#first && this.#first.due <= due) this.#first.fire();
    } finally {
      // Also where a callback has thrown: the others still have their time.
      this.#running = false;
      if (this.#first) this.#run(Math.max(1, this.#first.due - performance.now()));
      else this.#ended();
    }
  }
}

/** One timer of a list. */
class Entry {
  /** Moment of `performance.now`. */
  readonly due: number;
  readonly #list: TimerList;
  #callback: (() => void) | undefined;
  before: Entry | undefined;
  after: Entry | undefined;

  constructor(list: TimerList, due: number, callback: () => void) {
    this.#list = list;
    this.due = due;
    this.#callback = callback;
  }

  cancel(): void {
    if (this.#callback === undefined) return;
    this.#callback = undefined;
    this.#list.remove(this);
  }

  fire(): void {
    const callback = this.#callback;
    this.cancel();
    callback?.();
  }
}
