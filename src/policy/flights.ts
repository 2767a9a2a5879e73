/** Additions for which one table serves at the least. */
const TERM = 128;

/**
 * What is under way, by a text that is the same for all who may join it. A `Map` that is in use for long leaves behind,
 * each time it makes room, a table which still refers to all that was in it then, and which only a full collection
 * clears: nearly everything that passes through lives on as long, with the text of its key. So those who are here move
 * to a new one in time, while the one they leave is young and goes with the next small collection.
 */
export class Flights<F> {
  #table = new Map<string, F>();
  #room = TERM;

  find(key: string): F | undefined {
    return this.#table.get(key);
  }

  /** From now on this one is found by the key. */
  add(key: string, flight: F): void {
    if (this.#room === 0) this.#move();
    this.#room--;
    this.#table.set(key, flight);
  }

  /** It is found no more; another one, that has taken its place, still is. */
  remove(key: string, flight: F): void {
    if (this.#table.get(key) === flight) this.#table.delete(key);
  }

  #move(): void {
    const table = new Map<string, F>();
    for (const [key, flight] of this.#table) table.set(key, flight);
    this.#table = table;
    // In proportion, so that the moves of many cost each of them no more than those of a few.
    this.#room = Math.max(TERM, 2 * table.size);
  }
}
