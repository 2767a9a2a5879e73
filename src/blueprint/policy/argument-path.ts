import {
  type GraphQLField,
  type GraphQLInputType,
  getNullableType,
  isInputObjectType,
  isListType,
  isScalarType,
  isSpecifiedScalarType,
} from 'graphql';
import { suggestion } from '../../kernel/problem.ts';

/** `input.items[0].id` or `input.items.0.id` → its steps. */
export function argumentPath(text: string): string[] {
  return text.replace(/\[(\d+)\]/g, '.$1').split('.');
}

export interface CheckedPath {
  /** Undefined with a `fault`; `unknown` below a scalar of the schema's own, which may hold anything. */
  readonly kind: 'list' | 'single' | 'unknown' | undefined;
  readonly fault?: string;
  /** What stands there; undefined with a `fault`. */
  readonly type?: GraphQLInputType;
}

/** Follows a path from a field's arguments into input objects and lists. */
export function checkArgumentPath(
  [first = '', ...rest]: readonly string[],
  definition: GraphQLField<unknown, unknown>,
  coordinate: string,
): CheckedPath {
  const argument = definition.args.find(({ name }) => name === first);
  if (argument === undefined) {
    const names = definition.args.map(({ name }) => name);
    const fault = `${coordinate} has no argument "${first}".${suggestion(first, names)}`;
    return { kind: undefined, fault };
  }
  let type: GraphQLInputType = argument.type;
  for (const step of rest) {
    if (isOpen(type)) return { kind: 'unknown', type };
    const next = stepInto(type, step);
    if (typeof next === 'string') return { kind: undefined, fault: next };
    type = next;
  }
  if (isOpen(type)) return { kind: 'unknown', type };
  return { kind: isListType(getNullableType(type)) ? 'list' : 'single', type };
}

function isOpen(type: GraphQLInputType): boolean {
  const nullable = getNullableType(type);
  return isScalarType(nullable) && !isSpecifiedScalarType(nullable);
}

/** The type at one step, or what is wrong with the step. */
function stepInto(type: GraphQLInputType, step: string): GraphQLInputType | string {
  const nullable = getNullableType(type);
  if (isListType(nullable) && /^\d+$/.test(step)) return nullable.ofType;
  if (isListType(nullable))
    return `${String(type)} is a list: name an item of it by its number, not "${step}"`;
  const fields = isInputObjectType(nullable) ? nullable.getFields() : {};
  return (
    fields[step]?.type ?? `${String(type)} has no field "${step}".${suggestion(step, Object.keys(fields))}`
  );
}
