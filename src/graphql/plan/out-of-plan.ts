/**
 * Thrown where an operation meets something its plan was not made for: the general executor then takes over, with all
 * calls made so far. It is a turn of the way, not a failure, and no client ever sees it.
 */
export class OutOfPlan extends Error {
  /** True: it lies in the schema or the operation, so that every run would end here; false: in this run's data. */
  readonly lasting: boolean;

  constructor(reason: string, lasting: boolean) {
    super(reason);
    this.lasting = lasting;
  }
}

/** Something that plans do not carry, found while one is made. */
export function notPlanned(reason: string): OutOfPlan {
  return new OutOfPlan(reason, true);
}
