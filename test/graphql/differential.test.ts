import { describe, expect, it } from 'vitest';
import { campaign } from './differential/campaign.ts';
import { createGeneral, createTested } from './differential/executor-pair.ts';
import { Statistics } from './differential/statistics.ts';

/*
 * What the executor under test makes of an operation, held against what the general one makes of it: always the same
 * operations, so that a change is to blame for a difference. DIFFERENTIAL_SEED=random runs new ones (a failure names the
 * seed to run again); DIFFERENTIAL_WORLDS=… is for more or fewer worlds in each campaign; DIFFERENTIAL_DEBUG=1 shows
 * what the cases were like.
 */
const { DIFFERENTIAL_SEED = '1', DIFFERENTIAL_WORLDS, DIFFERENTIAL_DEBUG } = process.env;
const SEED = DIFFERENTIAL_SEED === 'random' ? Math.floor(Math.random() * 2 ** 31) : Number(DIFFERENTIAL_SEED);
/** With half of fifty operations on each of 105 worlds, four campaigns run ten thousand. */
const WORLDS = Number(DIFFERENTIAL_WORLDS ?? 105);
const OPERATIONS = 50;
const MINUTES = 60_000;

describe('an operation has the same result, byte for byte, as by the general executor', () => {
  it.each([0, 1, 2, 3])(
    'in campaign %i',
    async (index) => {
      const statistics = new Statistics();
      const seed = SEED + index;
      const found = await campaign({
        general: createGeneral,
        tested: createTested,
        worlds: WORLDS,
        operations: OPERATIONS,
        seed,
        statistics,
        patience: 5 * MINUTES,
      });
      if (DIFFERENTIAL_DEBUG !== undefined) process.stdout.write(`${statistics.text()}\n`);
      expect(found, `DIFFERENTIAL_SEED=${seed}, campaign 0\n${found ?? ''}`).toBeUndefined();
      // Cases that are all alike would prove nothing.
      expect(statistics.share('some data')).toBeGreaterThan(0.25);
      expect(statistics.share('errors')).toBeGreaterThan(0.2);
      expect(statistics.share('a batch')).toBeGreaterThan(0.1);
      expect(statistics.share('not valid')).toBeLessThan(0.02);
      // Else what plans remember of their answers was not looked at.
      expect(statistics.share('given again')).toBeGreaterThan(0.02);
      // Held against itself, the general executor would be right, whatever it gave.
      expect(statistics.share('left to the general executor')).toBeLessThan(0.5);
    },
    6 * MINUTES,
  );
});
