import type { DocumentNode, FragmentDefinitionNode, OperationDefinitionNode } from 'graphql';
import { Kind } from 'graphql';
import type { GatewayError } from '../../kernel/error.ts';
import type { CompiledField, CompiledSchema } from '../compile-schema.ts';
import type { OperationOutcome } from '../executor.ts';
import type { Operation } from '../operation.ts';
import { Selection } from '../selection.ts';
import { compileObject, type ObjectPlan } from './compile-object.ts';
import { compileValue } from './compile-value.ts';
import { notPlanned } from './out-of-plan.ts';
import { PlanContext, type PlannedCall } from './plan-context.ts';
import { PlanRun } from './plan-run.ts';
import { ROOT } from './position.ts';
import { createSite } from './site.ts';
import type { Source } from './source.ts';
import type { WrittenAnswers } from './written-answers.ts';

/** What a plan is made for: the variables count as far as they steer `@skip` and `@include`. */
export interface PlanSource {
  readonly compiled: CompiledSchema;
  readonly document: DocumentNode;
  readonly operation: OperationDefinitionNode;
  readonly variables: { readonly [name: string]: unknown };
  /** Why the caller may not have a field. */
  readonly refusal: (field: CompiledField) => GatewayError | undefined;
  /** Also for types that no answer has had yet: to look at the plan instead of running it. */
  readonly whole?: boolean;
}

/** The root has nothing of its own. */
const NOWHERE: Source = {
  view: undefined,
  shape: { kind: 'object', fields: new Map() },
  producer: undefined,
  kind: 'mapped',
  sure: true,
  call: undefined,
};

/** An operation, ready to be run any number of times: its calls, what of their answers is needed, and how it is written. */
export class OperationPlan {
  readonly #context: PlanContext;
  readonly #root: ObjectPlan;

  /** Throws `OutOfPlan` for what plans don't carry. */
  constructor(source: PlanSource) {
    const { compiled, document, operation, variables, refusal, whole = false } = source;
    const type = compiled.schema.getRootType(operation.operation);
    if (type === undefined || type === null) throw notPlanned('The schema has no such operations');
    if (operation.operation === 'subscription') throw notPlanned('It is a subscription');
    const selection = new Selection(
      {
        compiled,
        schema: compiled.schema,
        fragments: fragmentsOf(document),
        variables,
        allowed: (field) => refusal(field) === undefined,
      },
      [{ kind: Kind.FIELD, name: { kind: Kind.NAME, value: '' }, selectionSet: operation.selectionSet }],
    );
    const fields = selection.on(type).map(({ field }) => field);
    if (fields.some(({ connectors, custom }) => custom === undefined && connectors.length === 0))
      throw notPlanned('A root field has no connector');
    if (operation.operation === 'mutation' && fields.length > 1)
      throw notPlanned('Several mutations run one after the other');
    this.#context = new PlanContext(compiled, refusal, whole);
    // The name is that of the field above, and there is none.
    const field = fields[0] as CompiledField;
    this.#root = compileObject(
      { context: this.#context, compileValue, selection, field },
      type,
      NOWHERE,
      createSite(ROOT, [], true),
    );
  }

  /** The calls that it makes, in an order in which each comes after those that it needs. */
  get calls(): readonly PlannedCall[] {
    return this.#context.calls;
  }

  prepare(operation: Operation, variables: PlanSource['variables']): PlanRun {
    return new PlanRun(operation, this.#context, variables);
  }

  /** Makes the calls, then writes the answer. Rejects with `OutOfPlan` if the plan does not carry what came. */
  async execute(run: PlanRun, written: WrittenAnswers): Promise<OperationOutcome> {
    this.#root.collect?.({}, run);
    await run.pending.settled();
    const basis = run.basis.parts;
    if (basis === undefined) return this.#write(run);
    const known = written.find(this, basis);
    if (known !== undefined) return known;
    const outcome = this.#write(run);
    if (run.incidents > 0) return outcome;
    const kept = { ...outcome, returns: true };
    written.keep(this, basis, kept);
    return kept;
  }

  #write(run: PlanRun): OperationOutcome {
    const data = this.#root.write({}, run) ?? 'null';
    return { data, errors: run.errors, fallbacks: run.fallbacks };
  }
}

function fragmentsOf(document: DocumentNode): Record<string, FragmentDefinitionNode> {
  const fragments: Record<string, FragmentDefinitionNode> = Object.create(null);
  for (const definition of document.definitions) {
    if (definition.kind === Kind.FRAGMENT_DEFINITION) fragments[definition.name.value] = definition;
  }
  return fragments;
}
