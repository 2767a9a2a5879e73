/** What can stand in a queue, in one at a time. */
export class Queued<T> {
  /** The queue's own, which others leave alone. */
  before: T | undefined = undefined;
  after: T | undefined = undefined;
  queue: object | undefined = undefined;
}

/**
 * First come, first served, and whoever is in it may leave from any place. Nothing of it refers to who has left, nor
 * they to others: what has once grown old would keep them, until a full collection, and each of them the next one. A
 * `Set` leaves such tables behind whenever it makes room.
 */
export class Queue<T extends Queued<T>> {
  #first: T | undefined;
  #last: T | undefined;
  #size = 0;

  get first(): T | undefined {
    return this.#first;
  }

  get size(): number {
    return this.#size;
  }

  /** Puts it behind all others; it must not be in a queue. */
  add(item: T): void {
    item.queue = this;
    item.before = this.#last;
    if (this.#last) this.#last.after = item;
    else this.#first = item;
    this.#last = item;
    this.#size++;
  }

  /** Does nothing if it is not in this queue. */
  remove(item: T): void {
    if (item.queue !== this) return;
    const { before, after } = item;
    if (before) before.after = after;
    else this.#first = after;
    if (after) after.before = before;
    else this.#last = before;
    item.queue = undefined;
    item.before = undefined;
    item.after = undefined;
    this.#size--;
  }
}
