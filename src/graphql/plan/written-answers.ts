import { LRUCache } from 'lru-cache';
import type { OperationOutcome } from '../executor.ts';
import type { OperationPlan } from './operation-plan.ts';

/** Characters of answers that are kept in all. */
const MAX_CHARACTERS = 4 * 1024 * 1024;
/** Answers of one plan that are kept. */
const PER_PLAN = 4;

/**
 * What an answer was written from: who asked, with what, and the answer's content, for each call in the order in which
 * they were answered. A plan writes the same text from the same contents.
 */
export type Basis = readonly unknown[];

interface Written {
  readonly basis: Basis;
  readonly outcome: OperationOutcome;
}

/** Answers as plans wrote them, for when every call brings the very content again that it brought before. */
export class WrittenAnswers {
  readonly #byPlan: LRUCache<OperationPlan, readonly Written[]>;

  constructor(maxCharacters = MAX_CHARACTERS) {
    this.#byPlan = new LRUCache({ maxSize: maxCharacters, sizeCalculation: sizeOf });
  }

  find(plan: OperationPlan, basis: Basis): OperationOutcome | undefined {
    return this.#byPlan.get(plan)?.find((written) => isSame(written.basis, basis))?.outcome;
  }

  /** Keeps what was written of it; the oldest of the plan's makes room. */
  keep(plan: OperationPlan, basis: Basis, outcome: OperationOutcome): void {
    const others = this.#byPlan.peek(plan) ?? [];
    this.#byPlan.set(plan, [{ basis, outcome }, ...others.slice(0, PER_PLAN - 1)]);
  }
}

function isSame(one: Basis, other: Basis): boolean {
  return one.length === other.length && one.every((part, index) => part === other[index]);
}

function sizeOf(written: readonly Written[]): number {
  return written.reduce((size, { outcome }) => size + (outcome.data?.length ?? 0), 1);
}
