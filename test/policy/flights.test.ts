import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Flights } from '../../src/policy/flights.ts';

const KEYS = Array.from({ length: 400 }, (_, number) => `key ${number}`);

/** So many that the table is given up many times. */
const steps = fc.array(
  fc.record({
    kind: fc.constantFrom('add', 'remove', 'remove the one before'),
    key: fc.constantFrom(...KEYS),
  }),
  { minLength: 1000, maxLength: 3000, size: 'max' },
);

describe('flights', () => {
  it('finds what was added last and has not been removed, however much has passed through', () => {
    fc.assert(
      fc.property(steps, (all) => {
        const flights = new Flights<object>();
        const here = new Map<string, object>();
        const before = new Map<string, object>();
        for (const { kind, key } of all) {
          const flight = here.get(key) ?? {};
          if (kind === 'add') {
            before.set(key, flight);
            here.set(key, {});
            flights.add(key, here.get(key) as object);
          } else if (kind === 'remove') {
            here.delete(key);
            flights.remove(key, flight);
          } else {
            flights.remove(key, before.get(key) ?? {});
          }
        }
        for (const key of KEYS) expect(flights.find(key)).toBe(here.get(key));
      }),
      { numRuns: 30 },
    );
  });
});
