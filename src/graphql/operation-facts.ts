import {
  type FragmentDefinitionNode,
  type GraphQLNamedType,
  type GraphQLObjectType,
  getNamedType,
  Kind,
  type OperationDefinitionNode,
  type SelectionSetNode,
} from 'graphql';
import type { Connector } from '../blueprint/blueprint.ts';
import type { VariableUse } from '../connect/mapping/mapping.ts';
import type { CompiledField, CompiledSchema } from './compile-schema.ts';

/** Levels of fields and fragments that are looked into; a client decides how many there are, and the walk is recursive. */
const DEEPEST = 500;

/** What an operation's answer can depend on, beside its variables. Rather too much is said than too little. */
export interface OperationFacts {
  /** It may call a service. */
  readonly calls: boolean;
  /** It may run a resolver of one's own, which can look at anything and do anything. */
  readonly custom: boolean;
  /** Something in it may be of the one request alone: its id, its headers as a whole, a use of a field that is counted. */
  readonly individual: boolean;
  /** The caller's identity goes along with a call, is looked at by a mapping, or decides what may be seen. */
  readonly caller: boolean;
  /** The client's headers that go along with a call or are looked at by a mapping; in lower case, sorted. */
  readonly headers: readonly string[];
}

export interface FactSource {
  readonly compiled: CompiledSchema;
  /** By name, with the client's headers that all of its calls pass on. */
  readonly services: ReadonlyMap<string, { readonly headers: { readonly forward: readonly string[] } }>;
  /** The caller's identity goes along with every call (`auth.forward`). */
  readonly tellsCaller: boolean;
}

/**
 * Walks an operation: each selected field with its connectors, and each object type on the way with all the calls
 * that may bring more of it. `@skip` and `@include` are not looked at.
 */
export function findFacts(
  operation: OperationDefinitionNode,
  fragments: ReadonlyMap<string, FragmentDefinitionNode>,
  source: FactSource,
): OperationFacts {
  const finder = new FactFinder(fragments, source);
  const root = source.compiled.schema.getRootType(operation.operation);
  if (root) finder.walk(operation.selectionSet, root);
  const { calls, custom, individual, caller, headers } = finder;
  return { calls, custom, individual, caller, headers: [...headers].sort() };
}

class FactFinder {
  calls = false;
  custom = false;
  individual = false;
  caller = false;
  readonly headers = new Set<string>();
  readonly #fragments: ReadonlyMap<string, FragmentDefinitionNode>;
  readonly #source: FactSource;
  readonly #walked = new Map<SelectionSetNode, Set<GraphQLNamedType>>();
  readonly #seen = new Set<CompiledField | GraphQLObjectType | Connector>();

  constructor(fragments: ReadonlyMap<string, FragmentDefinitionNode>, source: FactSource) {
    this.#fragments = fragments;
    this.#source = source;
  }

  walk(selection: SelectionSetNode, type: GraphQLNamedType, left = DEEPEST): void {
    if (left === 0) {
      this.individual = true;
      return;
    }
    const walked = this.#walked.get(selection) ?? new Set();
    if (walked.has(type)) return;
    this.#walked.set(selection, walked.add(type));
    const { schema } = this.#source.compiled;
    for (const node of selection.selections) {
      if (node.kind === Kind.FIELD) {
        this.#select(node.name.value, node.selectionSet, type, left);
        continue;
      }
      const inner = node.kind === Kind.FRAGMENT_SPREAD ? this.#fragments.get(node.name.value) : node;
      const condition = inner?.typeCondition?.name.value;
      const on = condition === undefined ? type : schema.getType(condition);
      if (inner !== undefined && on !== undefined) this.walk(inner.selectionSet, on, left - 1);
    }
  }

  #select(name: string, below: SelectionSetNode | undefined, type: GraphQLNamedType, left: number): void {
    const { compiled } = this.#source;
    for (const possible of compiled.possibleTypes(type)) {
      const field = compiled.field(possible, name);
      if (field === undefined) continue;
      this.#meet(field);
      if (below !== undefined) this.walk(below, getNamedType(field.definition.type), left - 1);
    }
  }

  #meet(field: CompiledField): void {
    if (!this.#isNew(field)) return;
    if (field.custom !== undefined) this.custom = true;
    if (field.access !== undefined) this.caller = true;
    // Each request counts for itself.
    if (field.limits.length > 0) this.individual = true;
    for (const connector of field.connectors) this.#call(connector);
    const { compiled } = this.#source;
    for (const type of compiled.possibleTypes(getNamedType(field.definition.type))) {
      if (!this.#isNew(type)) continue;
      for (const way of compiled.ways(type)) {
        this.#call(way.connector);
        if (way.field !== undefined && compiled.field(type, way.field.name)?.access) this.caller = true;
      }
    }
  }

  #call(connector: Connector): void {
    if (!this.#isNew(connector)) return;
    for (const use of connector.uses) this.#use(use);
    if (connector.request === undefined || connector.service === undefined) return;
    this.calls = true;
    if (this.#source.tellsCaller) this.caller = true;
    const { forward } = this.#source.services.get(connector.service)?.headers ?? { forward: [] };
    for (const name of [...forward, ...connector.request.forwards]) this.headers.add(name.toLowerCase());
  }

  #use({ variable, path: [first, second] }: VariableUse): void {
    if (variable === '$request') {
      if (first === 'headers' && second !== undefined) this.headers.add(second.toLowerCase());
      else this.individual = true;
    } else if (variable === '$context') {
      if (first === 'user') this.caller = true;
      else this.individual = true;
    }
  }

  #isNew(thing: CompiledField | GraphQLObjectType | Connector): boolean {
    if (this.#seen.has(thing)) return false;
    this.#seen.add(thing);
    return true;
  }
}
