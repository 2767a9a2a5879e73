import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { chooseCovering } from '../../src/graphql/choose-covering.ts';

const sets = fc.array(fc.uniqueArray(fc.integer({ min: 0, max: 7 })), { maxLength: 6 });
const needs = fc.uniqueArray(fc.integer({ min: 0, max: 7 }));
const covers = (set: readonly number[], need: number) => set.includes(need);

/** All subsets of a list. */
function subsets<T>(list: readonly T[]): T[][] {
  return Array.from({ length: 2 ** list.length }, (_, bits) =>
    list.filter((_item, i) => (bits >> i) % 2 === 1),
  );
}

describe('chooseCovering', () => {
  it('covers all that can be covered, with as few as can be', () => {
    fc.assert(
      fc.property(sets, needs, (candidates, wanted) => {
        const reachable = wanted.filter((need) => candidates.some((set) => set.includes(need)));
        const all = (chosen: readonly (readonly number[])[]) =>
          reachable.every((need) => chosen.some((set) => set.includes(need)));
        const fewest = Math.min(
          ...subsets(candidates)
            .filter(all)
            .map((chosen) => chosen.length),
        );
        const chosen = chooseCovering(candidates, wanted, covers);
        expect(all(chosen)).toBe(true);
        expect(chosen).toHaveLength(fewest);
      }),
      { numRuns: 1000 },
    );
  });

  it('prefers those named first', () => {
    expect(chooseCovering([[1], [1, 2], [2, 1]], [1, 2], covers)).toEqual([[1, 2]]);
    expect(chooseCovering([[1], [2], [1]], [1, 2], covers)).toEqual([[1], [2]]);
  });

  it('does not search where there is no choice', () => {
    const many = Array.from({ length: 60 }, (_, i) => [i, i + 100]);
    expect(
      chooseCovering(
        many,
        Array.from({ length: 60 }, (_, i) => i),
        covers,
      ),
    ).toEqual(many);
  });

  it('chooses none if nothing is needed or nothing can be had', () => {
    expect(chooseCovering([[1]], [], covers)).toEqual([]);
    expect(chooseCovering([[1]], [2], covers)).toEqual([]);
  });
});
