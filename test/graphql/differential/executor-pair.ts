import {
  createExecutor,
  type GeneralExecutor,
  type OperationExecutor,
} from '../../../src/graphql/executor.ts';
import type { OperationHost } from '../../../src/graphql/operation.ts';
import { createPlanExecutor } from '../../../src/graphql/plan/plan-executor.ts';

/**
 * Makes an executor for a host: what is tested, or what it is held against. `leave` is to be called whenever the general
 * executor takes over.
 */
export type CreateExecutor = (host: OperationHost, leave: () => void) => OperationExecutor;

/** The executor that walks an operation field by field: what it gives is right. */
export const createGeneral = (host: OperationHost): GeneralExecutor =>
  createExecutor(host, { hideSuggestions: false });

/** The executor that is put to the test. */
export const createTested: CreateExecutor = (host, leave) => {
  const general = createGeneral(host);
  return createPlanExecutor(host, {
    execute(args, operation) {
      leave();
      return general.execute(args, operation);
    },
  });
};
