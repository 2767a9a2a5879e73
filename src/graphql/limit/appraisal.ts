import { type Explanation, explainOperation } from '../plan/explain-operation.ts';
import { countCalls } from './count-calls.ts';
import { estimateCalls } from './estimate-calls.ts';
import { type Layout, type LayoutSource, layOut } from './lay-out.ts';
import type { Place, PlacedField, VariableValues } from './place.ts';
import { type Cost, weigh } from './weigh.ts';

/** Places of an answer, each counted wherever it stands, for which a plan is made only to count its calls. */
const MOST_PLANNED = 10_000;

/** The bound on an operation's upstream calls. */
export interface CallBound {
  readonly total: number;
  /** Of each call of the plan, by its place in the list; undefined: there is no plan of the whole. */
  readonly each: readonly number[] | undefined;
}

/** What one operation costs and calls, in the form that it has with certain values of what steers `@skip` and `@include`. */
export class Appraisal {
  readonly #source: LayoutSource;
  readonly #layout: Layout | undefined;
  readonly #isSmall: boolean;
  #explanation: Explanation | undefined;
  /** Of root fields alone, where the whole has no plan. */
  readonly #parts = new Map<PlacedField, Explanation>();

  /** Throws as `layOut` does. */
  constructor(source: LayoutSource) {
    this.#source = source;
    this.#layout = layOut(source);
    this.#isSmall = this.#layout !== undefined && countPositions(this.#layout.root) <= MOST_PLANNED;
  }

  /** Both are the same whatever the variables. */
  get fixed(): boolean {
    return this.#layout?.fixed ?? true;
  }

  /** Throws BAD_USER_INPUT as `listSizeOf` does. */
  cost(variables: VariableValues): Cost {
    return this.#layout === undefined ? { type: 0, field: 0 } : weigh(this.#layout.root, variables);
  }

  /** How the operation is going to be run. */
  get explanation(): Explanation {
    this.#explanation ??= this.#explain(this.#source.operation);
    return this.#explanation;
  }

  #explain(operation: LayoutSource['operation']): Explanation {
    const { compiled, document, variables } = this.#source;
    return this.#isSmall
      ? explainOperation(compiled, document, operation, variables)
      : { planned: false, reason: 'It asks for too much to be planned beforehand' };
  }

  /** Throws BAD_USER_INPUT as `listSizeOf` does. */
  calls(variables: VariableValues): CallBound {
    if (this.#layout === undefined) return { total: 0, each: undefined };
    const { root } = this.#layout;
    if (this.explanation.planned) {
      const each = countCalls(this.explanation.calls, root, variables);
      return { total: sum(each), each };
    }
    return {
      total: sum(root.fields.map((field) => this.#callsBelow(field, root, variables))),
      each: undefined,
    };
  }

  /** Of one root field: by a plan for it alone, if there is one. */
  #callsBelow(field: PlacedField, whole: Place, variables: VariableValues): number {
    const root: Place = { ...whole, fields: [field] };
    let explanation = this.#parts.get(field);
    if (explanation === undefined) {
      const { operation } = this.#source;
      const selectionSet = { ...operation.selectionSet, selections: field.nodes };
      explanation = this.#explain({ ...operation, selectionSet });
      this.#parts.set(field, explanation);
    }
    return explanation.planned
      ? sum(countCalls(explanation.calls, root, variables))
      : estimateCalls(root, this.#source.compiled, variables);
  }
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((a, b) => a + b, 0);
}

/** Places as a plan sees them: the same selection at several places is planned for each. */
function countPositions(root: Place): number {
  const known = new Map<Place, number>();
  const count = (place: Place): number => {
    const found = known.get(place);
    if (found !== undefined) return found;
    const positions = place.fields.reduce(
      (sum, { below }) => below.reduce((all, one) => all + count(one), sum + 1),
      1,
    );
    known.set(place, positions);
    return positions;
  };
  return count(root);
}
