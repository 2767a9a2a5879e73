import type { DocumentNode, OperationDefinitionNode } from 'graphql';
import type { CompiledSchema } from '../compile-schema.ts';
import { OperationPlan } from './operation-plan.ts';
import { OutOfPlan } from './out-of-plan.ts';
import type { PlannedCall } from './plan-context.ts';

/** How an operation is going to be run. */
export type Explanation =
  | { readonly planned: true; readonly calls: readonly PlannedCall[] }
  /** It is walked field by field, and its calls are chosen while it runs. */
  | { readonly planned: false; readonly reason: string };

/** Plans an operation without running it, for a caller who may have everything. */
export function explainOperation(
  compiled: CompiledSchema,
  document: DocumentNode,
  operation: OperationDefinitionNode,
  variables: { readonly [name: string]: unknown },
): Explanation {
  try {
    const plan = new OperationPlan({
      compiled,
      document,
      operation,
      variables,
      refusal: () => undefined,
      whole: true,
    });
    return { planned: true, calls: plan.calls };
  } catch (error) {
    if (!(error instanceof OutOfPlan)) throw error;
    return { planned: false, reason: error.message };
  }
}
