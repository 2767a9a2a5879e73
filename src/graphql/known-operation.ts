import {
  type DocumentNode,
  type FragmentDefinitionNode,
  getOperationAST,
  Kind,
  type OperationDefinitionNode,
} from 'graphql';
import type { OperationFacts } from './operation-facts.ts';

/** An operation of a valid document, and what was found out about it once. */
export interface KnownOperation {
  readonly document: DocumentNode;
  readonly name: string | undefined;
  readonly kind: `${OperationDefinitionNode['operation']}`;
  readonly facts: OperationFacts;
  /** Two runs of it at the same time may be one, where they would come to the same. */
  readonly joinable: boolean;
}

/** Finds the facts of an operation, given its document's fragments. */
type FindFacts = (
  operation: OperationDefinitionNode,
  fragments: ReadonlyMap<string, FragmentDefinitionNode>,
) => OperationFacts;

/** The document's operation of this name, or its only one; undefined if there is no telling which. */
export type FindOperation = (
  document: DocumentNode,
  name: string | null | undefined,
) => KnownOperation | undefined;

/** Each operation is looked at once, for as long as its document is kept. With `join` off, none is joinable. */
export function createFindOperation(
  findFacts: FindFacts,
  { join }: { readonly join: boolean },
): FindOperation {
  const known = new WeakMap<OperationDefinitionNode, KnownOperation>();
  return (document, name) => {
    const node = getOperationAST(document, name);
    if (!node) return undefined;
    const found = known.get(node);
    if (found !== undefined) return found;
    const facts = findFacts(node, fragmentsOf(document));
    const kind = node.operation;
    const joinable = join && kind === 'query' && isJoinable(facts);
    const operation: KnownOperation = { document, name: node.name?.value, kind, facts, joinable };
    known.set(node, operation);
    return operation;
  };
}

/** A resolver of one's own may do anything, and what makes no calls is over before another one can come. */
function isJoinable({ calls, custom, individual }: OperationFacts): boolean {
  return calls && !custom && !individual;
}

function fragmentsOf(document: DocumentNode): ReadonlyMap<string, FragmentDefinitionNode> {
  const fragments = document.definitions.filter((node) => node.kind === Kind.FRAGMENT_DEFINITION);
  return new Map(fragments.map((node) => [node.name.value, node]));
}
