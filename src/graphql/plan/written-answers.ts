import { LRUCache } from 'lru-cache';
import type { OperationOutcome } from '../executor.ts';

/** Characters of answers that are kept in all. */
const MAX_CHARACTERS = 4 * 1024 * 1024;
/** Answers of one plan that are kept. */
const PER_PLAN = 4;

interface Written {
  /** The parts of a `Basis`. */
  readonly basis: readonly unknown[];
  readonly outcome: OperationOutcome;
}

/** Answers as plans wrote them, for when every call brings the very content again that it brought before. */
export class WrittenAnswers {
  readonly #byPlan = new LRUCache<object, readonly Written[]>({
    maxSize: MAX_CHARACTERS,
    sizeCalculation: sizeOf,
  });

  find(plan: object, basis: Written['basis']): OperationOutcome | undefined {
    return this.#byPlan.get(plan)?.find((written) => isSame(written.basis, basis))?.outcome;
  }

  /** Keeps what was written of it; the oldest of the plan's makes room. */
  keep(plan: object, basis: Written['basis'], outcome: OperationOutcome): void {
    const others = this.#byPlan.peek(plan) ?? [];
    this.#byPlan.set(plan, [{ basis, outcome }, ...others.slice(0, PER_PLAN - 1)]);
  }
}

function isSame(one: Written['basis'], other: Written['basis']): boolean {
  return one.length === other.length && one.every((part, index) => part === other[index]);
}

function sizeOf(written: readonly Written[]): number {
  return written.reduce((size, { outcome }) => size + (outcome.data?.length ?? 0), 1);
}
