import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Flights } from '../../src/policy/flights.ts';

const KEYS = 400;

/** Adds, and removes what is there or was there before, so often that the table is given up many times. */
const steps = fc.array(
  fc.record({ kind: fc.constantFrom('add', 'add', 'remove', 'remove old'), key: fc.nat(KEYS - 1) }),
  { minLength: 1000, maxLength: 3000, size: 'max' },
);

describe('flights', () => {
  it('finds what was added last and has not been removed, however much has passed through', () => {
    fc.assert(
      fc.property(steps, (all) => {
        const flights = new Flights<object>();
        const here = new Map<string, object>();
        const replaced = new Map<string, object>();
        for (const { kind, key: number } of all) {
          const key = `key ${number}`;
          const flight = here.get(key);
          if (kind === 'add') {
            const added = {};
            if (flight) replaced.set(key, flight);
            flights.add(key, added);
            here.set(key, added);
          } else if (kind === 'remove') {
            flights.remove(key, flight ?? {});
            here.delete(key);
          } else {
            flights.remove(key, replaced.get(key) ?? {});
          }
        }
        for (let number = 0; number < KEYS; number++)
          expect(flights.find(`key ${number}`)).toBe(here.get(`key ${number}`));
      }),
      { numRuns: 30 },
    );
  });
});
