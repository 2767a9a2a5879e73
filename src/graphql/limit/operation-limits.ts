import { type DocumentNode, getVariableValues, Kind, type OperationDefinitionNode } from 'graphql';
import type { CostRules } from '../../blueprint/blueprint.ts';
import { GatewayError } from '../../kernel/error.ts';
import type { CompiledSchema } from '../compile-schema.ts';
import { steeringVariables } from '../steering-variables.ts';
import { Appraisal } from './appraisal.ts';
import { countTokens } from './count-tokens.ts';
import {
  callExcess,
  costExcess,
  type LimitSettings,
  measureExcesses,
  tokenExcess,
  tooCostly,
} from './excess.ts';
import { measureDocument } from './measure-document.ts';
import type { VariableValues } from './place.ts';

/** Forms of one operation whose verdicts are kept: clients decide which of them come. */
const MAX_FORMS = 32;

export interface LimitSource {
  readonly limits: LimitSettings;
  readonly compiled: CompiledSchema;
  readonly costs: CostRules;
}

/** `graphql.limits`, in the order in which they are met. All errors are OPERATION_TOO_COSTLY, if nothing else is said. */
export interface OperationLimits {
  /** Why a document is not worth parsing. */
  ofText(text: string): GatewayError | undefined;
  /**
   * Why a document, valid or not, need not be looked at any further: all of its operations are too large. Where only
   * some are, that is remembered of them.
   */
  ofDocument(document: DocumentNode): GatewayError | undefined;
  /** Whether some of its operations are. */
  isTooLarge(document: DocumentNode): boolean;
  /**
   * Why a valid operation is not run with these variables. BAD_USER_INPUT if they leave open how long a list may be
   * that must say it. Found once for each operation where no variable counts.
   */
  ofRun(
    document: DocumentNode,
    operation: OperationDefinitionNode,
    given: VariableValues | null | undefined,
  ): GatewayError | undefined;
}

export function createOperationLimits(source: LimitSource): OperationLimits {
  const { limits } = source;
  const tooLarge = new WeakMap<OperationDefinitionNode, GatewayError>();
  const judged = new WeakMap<OperationDefinitionNode, JudgedOperation>();
  const counts = limits.cost > 0 || limits.calls > 0;
  return {
    ofText: (text) =>
      limits.tokens > 0 && countTokens(text, limits.tokens) > limits.tokens ? tokenExcess(limits) : undefined,
    ofDocument(document) {
      let first: GatewayError | undefined;
      let others = 0;
      for (const [operation, measures] of measureDocument(document)) {
        const excess = measureExcesses(measures, limits)[0];
        if (excess === undefined) others++;
        else tooLarge.set(operation, excess);
        first ??= excess;
      }
      return others === 0 ? first : undefined;
    },
    isTooLarge: ({ definitions }) =>
      definitions.some((node) => node.kind === Kind.OPERATION_DEFINITION && tooLarge.has(node)),
    ofRun(document, operation, given) {
      const excess = tooLarge.get(operation);
      if (excess !== undefined || !counts) return excess;
      let known = judged.get(operation);
      if (known === undefined) {
        known = new JudgedOperation(source, document, operation);
        judged.set(operation, known);
      }
      return known.judge(given);
    },
  };
}

/** A verdict on one form of an operation, or how to come to it. */
type Form = { readonly verdict: GatewayError | undefined } | { readonly appraisal: Appraisal };

/** One operation: what is to be said of it, by the values of the variables that count. */
class JudgedOperation {
  readonly #source: LimitSource;
  readonly #document: DocumentNode;
  readonly #operation: OperationDefinitionNode;
  readonly #steering: readonly string[];
  readonly #forms = new Map<string, Form>();
  /** Where no variable counts. */
  #final: { readonly verdict: GatewayError | undefined } | undefined;

  constructor(source: LimitSource, document: DocumentNode, operation: OperationDefinitionNode) {
    this.#source = source;
    this.#document = document;
    this.#operation = operation;
    const declared = (operation.variableDefinitions ?? []).map(({ variable }) => variable.name.value);
    this.#steering = steeringVariables(document).filter((name) => declared.includes(name));
  }

  judge(given: VariableValues | null | undefined): GatewayError | undefined {
    if (this.#final !== undefined) return this.#final.verdict;
    if (this.#steering.length === 0) {
      const form = this.#formFor({});
      if ('verdict' in form) {
        this.#final = form;
        return form.verdict;
      }
    }
    const variables = this.#read(given);
    // What is wrong with them is told where they are used.
    if (variables === undefined) return undefined;
    const form = this.#formFor(variables);
    return 'verdict' in form ? form.verdict : this.#judge(form.appraisal, variables);
  }

  #read(given: VariableValues | null | undefined): VariableValues | undefined {
    const { variableDefinitions = [] } = this.#operation;
    const { schema } = this.#source.compiled;
    return getVariableValues(schema, variableDefinitions, given ?? {}, { maxErrors: 1 }).coerced;
  }

  #formFor(variables: VariableValues): Form {
    const key = this.#steering.map((name) => (variables[name] === true ? '1' : '0')).join('');
    const known = this.#forms.get(key);
    if (known !== undefined) return known;
    const form = this.#appraise(variables);
    if (this.#forms.size < MAX_FORMS) this.#forms.set(key, form);
    return form;
  }

  #appraise(variables: VariableValues): Form {
    const { compiled, costs } = this.#source;
    const [document, operation] = [this.#document, this.#operation];
    try {
      const appraisal = new Appraisal({ compiled, costs, document, operation, variables });
      return appraisal.fixed ? { verdict: this.#judge(appraisal, variables) } : { appraisal };
    } catch (error) {
      return { verdict: asVerdict(error) };
    }
  }

  #judge(appraisal: Appraisal, variables: VariableValues): GatewayError | undefined {
    const { limits } = this.#source;
    try {
      const excess = limits.cost > 0 ? costExcess(appraisal.cost(variables), limits) : undefined;
      if (excess !== undefined || limits.calls === 0) return excess;
      return callExcess(appraisal.calls(variables).total, limits);
    } catch (error) {
      return asVerdict(error);
    }
  }
}

/** All of it is recursive, and a client decides how deep where `depth` does not. */
function asVerdict(error: unknown): GatewayError {
  if (error instanceof GatewayError) return error;
  if (error instanceof RangeError) return tooCostly('The operation is nested too deeply');
  throw error;
}
