import { setImmediate as nextTurn } from 'node:timers/promises';
import type { Clock, Timer } from '../../src/kernel/clock.ts';

/** 2026-01-01T00:00:00Z: what `wall` starts at. */
const EPOCH = 1_767_225_600_000;

/** A clock that stands still until the test moves it. `now` starts at 0. */
export class FakeClock implements Clock {
  #now = 0;
  #nextId = 0;
  readonly #timers = new Map<number, { at: number; callback: () => void }>();

  now(): number {
    return this.#now;
  }

  wall(): number {
    return EPOCH + this.#now;
  }

  after(ms: number, callback: () => void): Timer {
    const id = this.#nextId++;
    this.#timers.set(id, { at: this.#now + Math.max(0, ms), callback });
    return { cancel: () => this.#timers.delete(id) };
  }

  /** How many timers wait; 0 after everything has been put away. */
  get pending(): number {
    return this.#timers.size;
  }

  /** Moves time on by `ms` and calls back what falls due on the way, in order, each at its own moment. */
  advance(ms: number): void {
    const end = this.#now + ms;
    for (let due = this.#nextDue(end); due; due = this.#nextDue(end)) {
      this.#timers.delete(due.id);
      this.#now = due.at;
      due.callback();
    }
    this.#now = end;
  }

  /** `advance`, and lets promises and sockets have a turn before and after every timer. */
  async pass(ms: number): Promise<void> {
    const end = this.#now + ms;
    await nextTurn();
    for (let due = this.#nextDue(end); due; due = this.#nextDue(end)) {
      this.#timers.delete(due.id);
      this.#now = due.at;
      due.callback();
      await nextTurn();
    }
    this.#now = end;
    await nextTurn();
  }

  #nextDue(end: number): { id: number; at: number; callback: () => void } | undefined {
    let best: { id: number; at: number; callback: () => void } | undefined;
    for (const [id, timer] of this.#timers) {
      if (timer.at <= end && (best === undefined || timer.at < best.at)) best = { id, ...timer };
    }
    return best;
  }
}
