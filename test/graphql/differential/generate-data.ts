import fc from 'fast-check';
import { type Choice, choice, several } from './choice.ts';

/** Something wrong with the data: at one field of a type or at its objects as such, in all of its rows or in some. */
export interface HoleSpec {
  readonly type: Choice;
  readonly field: Choice;
  readonly row: Choice;
  readonly kind: Choice;
}

/** Something wrong with a service: an endpoint that fails, always or for some calls. */
export interface FaultSpec {
  readonly endpoint: Choice;
  readonly when: Choice;
  readonly kind: Choice;
}

/** What decides the data behind a schema: all is well with it but for the holes and the faults. */
export interface DataSpec {
  readonly seed: Choice;
  readonly holes: readonly HoleSpec[];
  readonly faults: readonly FaultSpec[];
}

export const dataSpec: fc.Arbitrary<DataSpec> = fc.record({
  seed: choice,
  holes: several(fc.record({ type: choice, field: choice, row: choice, kind: choice }), { maxLength: 8 }),
  faults: several(fc.record({ endpoint: choice, when: choice, kind: choice }), { maxLength: 3 }),
});
