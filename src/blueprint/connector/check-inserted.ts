import {
  type GraphQLInputType,
  type GraphQLOutputType,
  type GraphQLSchema,
  getNullableType,
  isInputObjectType,
  isInterfaceType,
  isListType,
  isObjectType,
  isUnionType,
} from 'graphql';
import type { ConnectVersion } from '../../connect/mapping/mapping.ts';
import { parseMapping } from '../../connect/mapping/parse-mapping.ts';
import type { VariableOwner } from './check-variables.ts';

/**
 * What is wrong with an expression between the braces of a template, as far as the types tell: only a single value
 * has a place there, and it would be refused on every request. Undefined: nothing, or nothing is known.
 */
export function insertedFault(
  source: string,
  version: ConnectVersion,
  owner: VariableOwner,
  schema: GraphQLSchema | undefined,
): string | undefined {
  const { tree } = parseMapping(source, version, 'expression');
  const path = tree?.kind === 'value' && tree.value.kind === 'path' ? tree.value : undefined;
  if (path?.head.kind !== 'variable' || path.selection !== undefined || schema === undefined)
    return undefined;
  if (path.steps.some(({ kind }) => kind === 'method')) return undefined;
  const keys = path.steps.flatMap((step) => (step.kind === 'key' ? [step.name] : []));
  const kind = kindOf(path.head.name, keys, owner, schema);
  if (kind === undefined || keys.length === 0) return undefined;
  const text = `${path.head.name}.${keys.join('.')}`;
  return kind === 'list'
    ? `${text} is a list, and only a single value can stand here: join it, as in {${text}->joinNotNull(',')}`
    : `${text} is an object, and only a single value can stand here: name one of its fields`;
}

type Kind = 'list' | 'object' | undefined;

function kindOf(
  variable: string,
  keys: readonly string[],
  owner: VariableOwner,
  schema: GraphQLSchema,
): Kind {
  if (variable === '$batch') return owner.kind === 'type' ? 'list' : undefined;
  const type = owner.kind === 'source' ? undefined : schema.getType(owner.typeName);
  if (owner.kind === 'source' || !isObjectType(type)) return undefined;
  if (variable === '$this') return follow(type, keys);
  if (variable !== '$args' || owner.kind !== 'field') return undefined;
  const [name, ...rest] = keys;
  const argument = type.getFields()[owner.fieldName]?.args.find((one) => one.name === name);
  return argument === undefined ? undefined : follow(argument.type, rest);
}

/** Where the keys lead from a type; a list on the way makes a list of all that is behind it. */
function follow(given: GraphQLInputType | GraphQLOutputType, keys: readonly string[]): Kind {
  const type = getNullableType(given);
  if (isListType(type)) return 'list';
  const isOpen = isInputObjectType(type) || isObjectType(type) || isInterfaceType(type);
  const [name, ...rest] = keys;
  if (name === undefined) return isOpen || isUnionType(type) ? 'object' : undefined;
  const field = isOpen ? type.getFields()[name] : undefined;
  return field === undefined ? undefined : follow(field.type, rest);
}
