import {
  type DocumentNode,
  getVariableValues,
  type OperationDefinitionNode,
  TypeInfo,
  visit,
  visitWithTypeInfo,
} from 'graphql';
import type { AccessRule } from '../../blueprint/blueprint.ts';
import type { Principal } from '../../kernel/principal.ts';
import { refusal } from '../access.ts';
import type { CompiledSchema } from '../compile-schema.ts';
import type { OperationArguments } from '../executor.ts';
import { steeringVariables } from '../steering-variables.ts';
import { OperationPlan } from './operation-plan.ts';
import { OutOfPlan } from './out-of-plan.ts';

/** Forms of one operation that are kept: by what is skipped, and by what the caller may have. */
const MAX_FORMS = 32;
/** After so many runs in a row that left the plan, such data is the rule for now, and the plan a detour … */
const MAX_DEPARTURES = 20;
/** … which is not taken for so many runs. */
const REST = 200;

/** A plan of one operation in one form. */
class Form {
  #plan: OperationPlan | undefined;
  #departures = 0;
  #rest = 0;

  /** Undefined: plans don't carry it. */
  constructor(plan: OperationPlan | undefined) {
    this.#plan = plan;
  }

  /** The plan to run now, if there is one. */
  take(): OperationPlan | undefined {
    if (this.#rest === 0) return this.#plan;
    this.#rest--;
    return undefined;
  }

  succeeded(): void {
    this.#departures = 0;
  }

  /** The plan was left for the general executor; `lasting`: it always will be. */
  left(lasting: boolean): void {
    this.#departures++;
    if (lasting) this.#plan = undefined;
    else if (this.#departures % MAX_DEPARTURES === 0) this.#rest = REST;
  }
}

/** One operation of a document: its plans, by what of it a request gets to see. */
export class PlannedOperation {
  readonly #compiled: CompiledSchema;
  readonly #document: DocumentNode;
  readonly #definition: OperationDefinitionNode;
  /** Variables that steer `@skip` and `@include`. */
  readonly #steering: readonly string[];
  readonly #rules: readonly AccessRule[];
  readonly #forms = new Map<string, Form>();

  constructor(compiled: CompiledSchema, document: DocumentNode, definition: OperationDefinitionNode) {
    this.#compiled = compiled;
    this.#document = document;
    this.#definition = definition;
    this.#steering = steeringVariables(document);
    this.#rules = rulesIn(compiled, document);
  }

  /** The variables' values; undefined if they are not what the operation declares. */
  readVariables(given: OperationArguments['variables']): { readonly [name: string]: unknown } | undefined {
    const definitions = this.#definition.variableDefinitions ?? [];
    if (definitions.length === 0) return NO_VARIABLES;
    return getVariableValues(this.#compiled.schema, definitions, given ?? {}, { maxErrors: 1 }).coerced;
  }

  formFor(
    variables: { readonly [name: string]: unknown },
    principal: Principal | undefined,
  ): Form | undefined {
    const key = this.#keyOf(variables, principal);
    const known = this.#forms.get(key);
    if (known !== undefined) return known;
    if (this.#forms.size >= MAX_FORMS) return undefined;
    const form = new Form(this.#compile(variables, principal));
    this.#forms.set(key, form);
    return form;
  }

  #keyOf(variables: { readonly [name: string]: unknown }, principal: Principal | undefined): string {
    let key = '';
    for (const name of this.#steering) key += variables[name] === true ? '1' : '0';
    for (const rule of this.#rules) key += refusal(rule, principal, '')?.code.charAt(0) ?? '-';
    return key;
  }

  #compile(
    variables: { readonly [name: string]: unknown },
    principal: Principal | undefined,
  ): OperationPlan | undefined {
    try {
      return new OperationPlan({
        compiled: this.#compiled,
        document: this.#document,
        operation: this.#definition,
        variables,
        refusal: ({ access, coordinate }) =>
          access === undefined ? undefined : refusal(access, principal, coordinate),
      });
    } catch (error) {
      if (error instanceof OutOfPlan || error instanceof RangeError) return undefined;
      throw error;
    }
  }
}

const NO_VARIABLES = {};

/** The access rules that any field of the document has, whichever type its parent turns out to be of. */
function rulesIn(compiled: CompiledSchema, document: DocumentNode): AccessRule[] {
  const rules = new Set<AccessRule>();
  const info = new TypeInfo(compiled.schema);
  visit(
    document,
    visitWithTypeInfo(info, {
      Field({ name }) {
        const parent = info.getParentType();
        if (!parent) return;
        for (const type of compiled.possibleTypes(parent)) {
          const access = compiled.field(type, name.value)?.access;
          if (access !== undefined) rules.add(access);
        }
      },
    }),
  );
  return [...rules];
}
