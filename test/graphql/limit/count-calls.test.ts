import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { batchesFor } from '../../../src/graphql/limit/count-calls.ts';

/** All ways to split so many objects into so many groups, none of them empty. */
function splits(objects: number, groups: number): number[][] {
  if (groups === 1) return objects > 0 ? [[objects]] : [];
  return Array.from({ length: objects }, (_, i) => i + 1).flatMap((first) =>
    splits(objects - first, groups - 1).map((rest) => [first, ...rest]),
  );
}

describe('batchesFor', () => {
  it('is the most that any way to come in groups may take', () => {
    const small = fc.record({
      objects: fc.integer({ min: 0, max: 9 }),
      groups: fc.integer({ min: 1, max: 4 }),
      size: fc.integer({ min: 1, max: 5 }),
    });
    fc.assert(
      fc.property(small, ({ objects, groups, size }) => {
        const upTo = Array.from({ length: groups }, (_, i) => splits(objects, i + 1)).flat();
        const calls = upTo.map((split) => split.reduce((sum, keys) => sum + Math.ceil(keys / size), 0));
        expect(batchesFor(objects, groups, size)).toBe(Math.max(0, ...calls));
      }),
    );
  });

  it('is one for each group where a call takes any number of keys', () => {
    expect(batchesFor(100, 1, undefined)).toBe(1);
    expect(batchesFor(100, 7, undefined)).toBe(7);
    expect(batchesFor(3, 7, undefined)).toBe(3);
  });
});
