import { type FieldNode, type GraphQLField, getArgumentValues, visit } from 'graphql';
import type { GatewayError } from '../../kernel/error.ts';
import type { JsonObject } from '../../kernel/json.ts';
import type { CompiledField, CompiledSchema } from '../compile-schema.ts';
import type { Way } from '../way.ts';
import { notPlanned } from './out-of-plan.ts';

type VariableValues = { readonly [name: string]: unknown };

/** The arguments of one field of an operation. */
interface ArgumentPlan {
  readonly definition: GraphQLField<unknown, unknown>;
  readonly node: FieldNode;
  /** Set where they are the same in every run. */
  readonly fixed: JsonObject | undefined;
}

/** What the parts of one plan share while it is made. */
export class PlanContext {
  readonly compiled: CompiledSchema;
  /** Why the caller may not have a field. */
  readonly refusal: (field: CompiledField) => GatewayError | undefined;
  readonly #arguments: ArgumentPlan[] = [];
  readonly #waySlots = new Map<Way, number>();
  #callSlots = 0;

  constructor(compiled: CompiledSchema, refusal: PlanContext['refusal']) {
    this.compiled = compiled;
    this.refusal = refusal;
  }

  /** A number for the calls of one field. */
  nextCallSlot(): number {
    return this.#callSlots++;
  }

  /** A number for what a way fetches: the same wherever in the operation its objects stand. */
  waySlot(way: Way): number {
    const slot = this.#waySlots.get(way) ?? this.#waySlots.size;
    this.#waySlots.set(way, slot);
    return slot;
  }

  /** Where a run finds the field's arguments. */
  argumentSlot({ definition }: CompiledField, node: FieldNode): number {
    const fixed = usesVariables(node) ? undefined : fixedArguments(definition, node);
    this.#arguments.push({ definition, node, fixed });
    return this.#arguments.length - 1;
  }

  /** The arguments of all fields; undefined if one of them has a value that its argument may not have. */
  readArguments(variables: VariableValues): readonly JsonObject[] | undefined {
    try {
      return this.#arguments.map(
        ({ definition, node, fixed }) =>
          fixed ?? (getArgumentValues(definition, node, variables) as JsonObject),
      );
    } catch {
      return undefined;
    }
  }
}

function fixedArguments(definition: ArgumentPlan['definition'], node: FieldNode): JsonObject {
  try {
    return getArgumentValues(definition, node) as JsonObject;
  } catch {
    throw notPlanned('An argument has a value that it may not have');
  }
}

function usesVariables(node: FieldNode): boolean {
  let found = false;
  for (const argument of node.arguments ?? [])
    visit(argument, {
      Variable() {
        found = true;
      },
    });
  return found;
}
