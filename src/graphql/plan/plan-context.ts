import { type FieldNode, type GraphQLField, getArgumentValues, visit } from 'graphql';
import type { Connector } from '../../blueprint/blueprint.ts';
import type { GatewayError } from '../../kernel/error.ts';
import type { JsonObject } from '../../kernel/json.ts';
import type { CompiledField, CompiledSchema } from '../compile-schema.ts';
import type { Way } from '../way.ts';
import { notPlanned, OutOfPlan } from './out-of-plan.ts';

type VariableValues = { readonly [name: string]: unknown };

/** The arguments of one field of an operation. */
interface ArgumentPlan {
  readonly definition: GraphQLField<unknown, unknown>;
  readonly node: FieldNode;
  /** Set where they are the same in every run. */
  readonly fixed: JsonObject | undefined;
}

/** A call that a plan makes, as people look at it. */
export interface PlannedCall {
  readonly connector: Connector;
  /** Where in the answer it is needed: `posts[].author`. */
  readonly places: readonly string[];
  /** `once`; `each`: for each object there, by what identifies it; `batch`: for many of them at a time. */
  readonly times: 'once' | 'each' | 'batch';
  /** The calls, by their place in the list, without whose answers it can't be made. */
  readonly after: readonly number[];
  /** The same for each of the places. */
  readonly uses: readonly PlannedUse[];
}

export interface PlannedUse {
  readonly place: string;
  readonly times: PlannedCall['times'];
  readonly after: readonly number[];
}

type Growing<T> = { -readonly [Key in keyof T]: T[Key] extends readonly (infer Item)[] ? Item[] : T[Key] };

/** What the parts of one plan share while it is made. */
export class PlanContext {
  readonly compiled: CompiledSchema;
  /** Why the caller may not have a field. */
  readonly refusal: (field: CompiledField) => GatewayError | undefined;
  /** Plans objects of all types that may turn up, not only of those that do. */
  readonly whole: boolean;
  readonly #arguments: ArgumentPlan[] = [];
  readonly #calls: Growing<PlannedCall>[] = [];
  readonly #waySlots = new Map<Way, number>();
  #callSlots = 0;

  constructor(compiled: CompiledSchema, refusal: PlanContext['refusal'], whole: boolean) {
    this.compiled = compiled;
    this.refusal = refusal;
    this.whole = whole;
  }

  get calls(): readonly PlannedCall[] {
    return this.#calls;
  }

  /** Notes a call, and gives its place in the list; what is fetched by the same way at several places is one call. */
  addCall(connector: Connector, use: PlannedUse, way?: Way): number {
    const known = this.#calls.findIndex((call) => way !== undefined && call.connector === way.connector);
    const same = this.#calls[known];
    const { place, times } = use;
    if (same === undefined)
      return this.#calls.push({ connector, places: [place], times, after: [...use.after], uses: [use] }) - 1;
    const after = use.after.filter((before) => before !== known);
    same.uses.push({ ...use, after });
    if (!same.places.includes(place)) same.places.push(place);
    for (const before of after) if (!same.after.includes(before)) same.after.push(before);
    return known;
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

  /** A number for the arguments of one field. */
  argumentSlot({ definition }: CompiledField, node: FieldNode): number {
    const fixed = usesVariables(node) ? undefined : fixedArguments(definition, node);
    this.#arguments.push({ definition, node, fixed });
    return this.#arguments.length - 1;
  }

  /** The arguments of a field. Throws `OutOfPlan` if a variable has a value that an argument may not have. */
  argumentsAt(slot: number, variables: VariableValues): JsonObject {
    const { definition, node, fixed } = this.#arguments[slot] as ArgumentPlan;
    if (fixed !== undefined) return fixed;
    try {
      return getArgumentValues(definition, node, variables) as JsonObject;
    } catch {
      throw new OutOfPlan('An argument has a value that it may not have', false);
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

export function usesVariables(node: FieldNode): boolean {
  let found = false;
  for (const argument of node.arguments ?? [])
    visit(argument, {
      Variable() {
        found = true;
      },
    });
  return found;
}
