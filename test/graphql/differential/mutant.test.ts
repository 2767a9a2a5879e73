import { describe, expect, it } from 'vitest';
import { campaign } from './campaign.ts';
import { createGeneral } from './executor-pair.ts';
import { MUTANTS } from './mutant.ts';

/** Any seed would do; with a fixed one the same cases find the same faults each time. */
const SEED = 7;

describe('the comparison of executors', () => {
  it.each(Object.entries(MUTANTS))(
    'finds one that %s',
    async (_fault, tested) => {
      const found = await campaign({
        general: createGeneral,
        tested,
        worlds: 60,
        operations: 20,
        seed: SEED,
        shrink: false,
      });
      expect(found).toContain('--- operation');
    },
    120_000,
  );

  it('finds nothing between one and itself, whatever order answers come in', async () => {
    const found = await campaign({
      general: createGeneral,
      tested: createGeneral,
      worlds: 40,
      operations: 50,
      seed: SEED,
    });
    expect(found).toBeUndefined();
  }, 120_000);
});
