import { createExecutor, type OperationExecutor } from '../../../src/graphql/executor.ts';
import type { OperationHost } from '../../../src/graphql/operation.ts';

/** Makes an executor for a host: what is tested, or what it is held against. */
export type CreateExecutor = (host: OperationHost) => OperationExecutor;

/** The executor that walks an operation field by field: what it gives is right. */
export const createGeneral: CreateExecutor = (host) => createExecutor(host, { hideSuggestions: false });

/** The executor that is put to the test. */
export const createTested: CreateExecutor = createGeneral;
