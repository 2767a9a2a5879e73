import { Queue, Queued } from './queue.ts';

/** Milliseconds that a timer may be early: Node's own round as coarsely. */
const EARLY = 1;

/**
 * Timers of one duration. They fall due in the order in which they were set, so one of Node's serves them all: nearly
 * every one is cancelled long before its time, and setting and clearing one of Node's costs ten times as much.
 */
export class TimerList {
  readonly #milliseconds: number;
  readonly #ended: () => void;
  readonly #entries = new Queue<Entry>();
  #running = false;

  /** `ended` is called when the list has been empty for a while, and can be let go. */
  constructor(milliseconds: number, ended: () => void) {
    this.#milliseconds = milliseconds;
    this.#ended = ended;
  }

  /** Calls back once after the list's duration. */
  set(callback: () => void): Entry {
    const entry = new Entry(this.#entries, performance.now() + this.#milliseconds, callback);
    this.#entries.add(entry);
    if (!this.#running) this.#run(this.#milliseconds);
    return entry;
  }

  /** It is left running when the list is empty: the next entry is near, and will find it there. */
  #run(milliseconds: number): void {
    this.#running = true;
    setTimeout(() => this.#look(), milliseconds).unref();
  }

  #look(): void {
    const entries = this.#entries;
    try {
      const due = performance.now() + EARLY;
      while (entries.first && entries.first.due <= due) entries.first.fire();
    } finally {
      // Also where a callback has thrown: the others still have their time.
      this.#running = false;
      if (entries.first) this.#run(Math.max(1, entries.first.due - performance.now()));
      else this.#ended();
    }
  }
}

/** One timer of a list. */
class Entry extends Queued<Entry> {
  /** Moment of `performance.now`. */
  readonly due: number;
  readonly #entries: Queue<Entry>;
  #callback: (() => void) | undefined;

  constructor(entries: Queue<Entry>, due: number, callback: () => void) {
    super();
    this.#entries = entries;
    this.due = due;
    this.#callback = callback;
  }

  cancel(): void {
    this.#callback = undefined;
    this.#entries.remove(this);
  }

  fire(): void {
    const callback = this.#callback;
    this.cancel();
    callback?.();
  }
}
