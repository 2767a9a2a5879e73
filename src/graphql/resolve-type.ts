import type { GraphQLAbstractType, GraphQLResolveInfo } from 'graphql';
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
  const types = operation.compiled.possibleTypes(abstractType);
  const named = value.typeName();
  const type = named === undefined && types.length === 1 ? types[0] : types.find((one) => one.name === named);
  if (type === undefined) {
    const place = `${info.parentType.name}.${info.fieldName}`;
    const reason =
      named === undefined ? 'does not say which type it is' : 'is of a type that cannot stand here';
    const message = `A value of ${place} ${reason}`;
    throw new CallError('UPSTREAM_INVALID', { connector: value.producer(), service: undefined, message });
  }
  value.type = type;
  return type.name;
}
