import type { GraphQLAbstractType, GraphQLObjectType, GraphQLResolveInfo } from 'graphql';
import type { Connector } from '../blueprint/blueprint.ts';
import { CallError } from './call-error.ts';
import { ObjectNode } from './object-node.ts';
import type { Operation } from './operation.ts';

/**
 * The object type of a value that stands where an interface or union does: as `__typename` says, or the only one
 * there is. Throws UPSTREAM_INVALID, without the name that was given, if there is no telling.
 */
export function resolveType(
  value: unknown,
  operation: Operation,
  info: GraphQLResolveInfo,
  abstractType: GraphQLAbstractType,
): string {
  if (!(value instanceof ObjectNode)) throw new Error(`A value of ${abstractType.name} is not an object`);
  const named = value.typeName();
  const type = chooseType(named, operation.compiled.possibleTypes(abstractType));
  if (type === undefined)
    throw unknownType(`${info.parentType.name}.${info.fieldName}`, named, value.producer());
  value.type = type;
  return type.name;
}

/** The type that `__typename` says, or the only one that there is. */
export function chooseType(
  named: unknown,
  possible: readonly GraphQLObjectType[],
): GraphQLObjectType | undefined {
  if (typeof named !== 'string') return possible.length === 1 ? possible[0] : undefined;
  return possible.find((one) => one.name === named);
}

/** UPSTREAM_INVALID for a value whose type can't be told; without the name that it gave. */
export function unknownType(coordinate: string, named: unknown, connector: Connector | undefined): CallError {
  const reason =
    typeof named === 'string' ? 'is of a type that cannot stand here' : 'does not say which type it is';
  const message = `A value of ${coordinate} ${reason}`;
  return new CallError('UPSTREAM_INVALID', { connector, service: undefined, message });
}
