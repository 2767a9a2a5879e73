import { type FieldNode, Kind } from 'graphql';
import type { ListSize } from '../../blueprint/blueprint.ts';
import { GatewayError } from '../../kernel/error.ts';
import { isJsonObject, type Json, type JsonObject } from '../../kernel/json.ts';

/** Items of a list of which nothing is said: a page of what people look at, and nested lists get large soon enough. */
export const ASSUMED_SIZE = 10;

/**
 * Items that a list has at the most (cost specification, "The List Size Directive"): the largest of the slicing
 * arguments that the operation gives, else of their defaults, else what is to be assumed. `values` are the field's
 * arguments, coerced. Throws BAD_USER_INPUT if not exactly one of the arguments is given where one has to be.
 */
export function listSizeOf(
  { assumed, slicing, requireOne }: ListSize,
  node: FieldNode,
  values: JsonObject,
): number {
  const given: number[] = [];
  const defaults: number[] = [];
  for (const path of slicing) {
    const size = itemsIn(valueAt(values, path));
    if (size !== undefined) (isGiven(node, path) ? given : defaults).push(size);
  }
  if (requireOne && slicing.length > 0 && given.length !== 1 && (given.length > 1 || defaults.length === 0))
    throw notOne(node, slicing, given.length);
  if (given.length > 0) return Math.max(...given);
  return defaults.length > 0 ? Math.max(...defaults) : (assumed ?? ASSUMED_SIZE);
}

function notOne(node: FieldNode, slicing: ListSize['slicing'], given: number): GatewayError {
  const names = slicing.map((path) => `"${path.join('.')}"`).join(', ');
  const one = slicing.length === 1 ? `the argument ${names}` : `exactly one of the arguments ${names}`;
  const found = given === 0 ? 'which says how many items are wanted' : `but ${given} are given`;
  return new GatewayError('BAD_USER_INPUT', `The field "${node.name.value}" needs ${one}, ${found}`);
}

function valueAt(values: JsonObject, path: readonly string[]): Json | undefined {
  let value: Json | undefined = values;
  for (const name of path) value = isJsonObject(value) ? value[name] : undefined;
  return value;
}

/** A list counts its items; what is no number tells nothing. */
function itemsIn(value: Json | undefined): number | undefined {
  if (Array.isArray(value)) return value.length;
  return typeof value === 'number' && value >= 0 ? value : typeof value === 'number' ? 0 : undefined;
}

/** Whether the operation names the argument, or the input object that holds it: else it is the schema that does. */
function isGiven({ arguments: given = [] }: FieldNode, [name]: readonly string[]): boolean {
  return given.some((one) => one.name.value === name && one.value.kind !== Kind.NULL);
}
