import type { FieldNode, GraphQLObjectType } from 'graphql';
import type { CompiledField } from '../compile-schema.ts';

/** A number that the operation has fixed, or that its variables decide. Throws BAD_USER_INPUT as `listSizeOf` does. */
export type Amount = number | ((variables: VariableValues) => number);

export type VariableValues = { readonly [name: string]: unknown };

/**
 * Objects of one type at one place of the answer, with all that is selected of them: what stands in the operation
 * several times is there once, as in the answer. Places at which the same is selected are one.
 */
export interface Place {
  readonly type: GraphQLObjectType;
  /** What one object counts. */
  readonly weight: number;
  readonly fields: readonly PlacedField[];
}

export interface PlacedField {
  readonly key: string;
  readonly field: CompiledField;
  /** All that stands in the operation under this key. */
  readonly nodes: readonly FieldNode[];
  /** What it counts for each object, with its arguments; 0 or more. */
  readonly toll: Amount;
  /** Lists within each other that its value is: 0 if it is none. */
  readonly levels: number;
  /** Items of the outermost list. */
  readonly size: Amount;
  /** What one value of a scalar or enum counts; 0 for objects. */
  readonly leafWeight: number;
  /** The objects of which its value is one, or a list: of each type that is possible. Empty: it has no fields. */
  readonly below: readonly Place[];
}

export function amountOf(amount: Amount, variables: VariableValues): number {
  return typeof amount === 'number' ? amount : amount(variables);
}
