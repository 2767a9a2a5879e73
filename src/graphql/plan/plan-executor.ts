import { type DocumentNode, getOperationAST } from 'graphql';
import type {
  GeneralExecutor,
  OperationArguments,
  OperationExecutor,
  OperationOutcome,
} from '../executor.ts';
import { Operation, type OperationHost } from '../operation.ts';
import { OutOfPlan } from './out-of-plan.ts';
import { PlannedOperation } from './planned-operation.ts';
import { WrittenAnswers } from './written-answers.ts';

/**
 * An executor that compiles operations and runs what it has compiled. What a plan does not carry goes to the
 * general executor, with all calls that were made up to there.
 */
export function createPlanExecutor(host: OperationHost, general: GeneralExecutor): OperationExecutor {
  const written = new WrittenAnswers();
  const known = new WeakMap<DocumentNode, Map<string, PlannedOperation | undefined>>();
  const find = (document: DocumentNode, name: string | null | undefined): PlannedOperation | undefined => {
    const operations = known.get(document) ?? new Map<string, PlannedOperation | undefined>();
    known.set(document, operations);
    const key = name ?? '';
    if (operations.has(key)) return operations.get(key);
    const definition = getOperationAST(document, name);
    const planned = definition ? new PlannedOperation(host.compiled, document, definition) : undefined;
    // Only names that the document has are remembered: clients may send any others.
    if (planned !== undefined || name == null) operations.set(key, planned);
    return planned;
  };
  return {
    execute(args) {
      const planned = find(args.document, args.operationName);
      return planned === undefined
        ? general.execute(args)
        : execute(planned, { host, general, written }, args);
    },
  };
}

interface Means {
  readonly host: OperationHost;
  readonly general: GeneralExecutor;
  readonly written: WrittenAnswers;
}

async function execute(
  planned: PlannedOperation,
  { host, general, written }: Means,
  args: OperationArguments,
): Promise<OperationOutcome> {
  const variables = planned.readVariables(args.variables);
  const form = variables && planned.formFor(variables, args.scope.principal);
  const plan = form?.take();
  if (form === undefined || plan === undefined || variables === undefined) return general.execute(args);
  const operation = new Operation(host, args.scope);
  const run = plan.prepare(operation, variables);
  try {
    const outcome = await plan.execute(run, written);
    form.succeeded();
    operation.end();
    return outcome;
  } catch (error) {
    if (!(error instanceof OutOfPlan || error instanceof RangeError)) {
      operation.end();
      throw error;
    }
    form.left(error instanceof OutOfPlan && error.lasting);
    run.pending.abandon();
    operation.takeOver(run.loader.loads);
    return general.execute(args, operation);
  }
}
