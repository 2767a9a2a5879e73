import {
  type GraphQLLeafType,
  type GraphQLOutputType,
  getNamedType,
  getNullableType,
  isCompositeType,
  isLeafType,
  isListType,
  isNonNullType,
  isObjectType,
} from 'graphql';
import { GatewayError } from '../kernel/error.ts';
import { isJsonObject } from '../kernel/json.ts';
import type { CompiledField } from './compile-schema.ts';
import { misfitOf, notList, notNull, notObject, notOfType, tooDeep } from './misfit.ts';
import { isTooDeep } from './nesting.ts';
import { type NodeHost, ObjectNode } from './object-node.ts';
import type { MissingPart, Part, Piece } from './part.ts';
import { isHollow, shapeOfItem } from './provided.ts';
import type { Selection } from './selection.ts';

/** The field whose value is completed. */
export interface Completion {
  readonly host: NodeHost;
  readonly field: CompiledField;
  readonly selection: () => Selection;
  readonly missing: readonly MissingPart[];
}

/**
 * A field's raw value in the form that GraphQL execution takes: objects as nodes, lists as arrays that hold
 * an `Error` where an item is no good, leaves as they are once it is sure that they fit their type.
 * Throws UPSTREAM_INVALID, without the value, if it does not fit.
 */
export function completeValue(completion: Completion, pieces: readonly Piece[]): unknown {
  return complete(completion, completion.field.definition.type, pieces);
}

function complete(completion: Completion, type: GraphQLOutputType, pieces: readonly Piece[]): unknown {
  const present = pieces.length === 1 && isThere(pieces[0] as Piece) ? pieces : pieces.filter(isThere);
  // A resolver may give an error in place of a value or an item.
  if (present[0]?.value instanceof Error) throw present[0].value;
  const value = present[0] === undefined ? null : completePresent(completion, type, present);
  if (value !== null || !isNonNullType(type)) return value;
  throw misfit(completion, pieces[0], notNull(completion.field.coordinate));
}

function isThere({ value }: Piece): boolean {
  return value !== null && value !== undefined;
}

function completePresent(completion: Completion, type: GraphQLOutputType, pieces: readonly Piece[]): unknown {
  const nullable = getNullableType(type);
  const [first] = pieces as readonly [Piece, ...Piece[]];
  if (isListType(nullable)) return completeList(completion, nullable.ofType, first);
  if (isLeafType(nullable)) return completeLeaf(completion, nullable, first);
  const parts = pieces.flatMap((piece) => (isJsonObject(piece.value) ? [partOf(piece, piece.value)] : []));
  if (parts.length === 0) {
    throw misfit(completion, first, notObject(completion.field.coordinate));
  }
  if (completion.field.returnsEntity && parts.every(isEmptyStub)) return null;
  return new ObjectNode(completion.host, {
    type: isObjectType(nullable) ? nullable : undefined,
    nullable: !isNonNullType(type),
    selection: completion.selection(),
    parts,
    missing: completion.missing,
  });
}

function completeList(completion: Completion, itemType: GraphQLOutputType, piece: Piece): unknown {
  const items = itemsOf(piece);
  if (items === undefined) {
    throw misfit(completion, piece, notList(completion.field.coordinate));
  }
  const shape = shapeOfItem(piece.shape);
  const one = (value: unknown): unknown => {
    try {
      return complete(completion, itemType, [{ ...piece, value, shape }]);
    } catch (error) {
      return error;
    }
  };
  const completed = items.map((value) => (value instanceof Promise ? value.then(one) : one(value)));
  return mayLeaveOthers(itemType) ? completed.map((item) => Promise.resolve(item)) : completed;
}

/**
 * Whether one item ends the list while others may still wait for calls. The execution leaves a list at once when an item
 * fails that is there already, and what becomes of those before it would be heard by nobody: their failure would end the
 * process. It hears of all of them if none is there already.
 */
function mayLeaveOthers(itemType: GraphQLOutputType): boolean {
  return isNonNullType(itemType) && isCompositeType(getNamedType(itemType));
}

/** A resolver's list may be anything that can be gone through: a Set, what a generator yields. */
function itemsOf({ value, kind }: Piece): readonly unknown[] | undefined {
  if (Array.isArray(value)) return value;
  if (kind !== 'live' || typeof value !== 'object' || value === null) return undefined;
  return Symbol.iterator in value ? [...(value as Iterable<unknown>)] : undefined;
}

function completeLeaf(completion: Completion, type: GraphQLLeafType, piece: Piece): unknown {
  if (isTooDeep(piece.value)) {
    throw misfit(completion, piece, tooDeep(completion.field.coordinate));
  }
  try {
    // Execution serialises once more; here it is about an error that says nothing of the value.
    if ((type.serialize(piece.value) ?? null) !== null) return piece.value;
  } catch (error) {
    throw misfit(completion, piece, notOfType(completion.field.coordinate, type.name), error);
  }
  throw misfit(completion, piece, notOfType(completion.field.coordinate, type.name));
}

function partOf({ shape, producer, kind }: Piece, data: Part['data']): Part {
  return { data, shape, producer, kind, stale: undefined };
}

/** A reference without a key (`author: { id: author_id }` where there is no author) refers to nothing. */
function isEmptyStub(part: Part): boolean {
  return part.kind === 'mapped' && isHollow(part.data);
}

/** A value that does not fit the schema: the service's fault, or that of a resolver. */
function misfit(
  completion: Completion,
  piece: Piece | undefined,
  message: string,
  cause?: unknown,
): GatewayError {
  if (piece?.kind === 'live' || (piece === undefined && completion.field.custom !== undefined)) {
    return new GatewayError('INTERNAL', message, { cause });
  }
  const connector = piece?.producer ?? completion.field.connectors[0];
  return misfitOf(connector, message, cause);
}
