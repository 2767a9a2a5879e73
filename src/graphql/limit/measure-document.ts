import {
  type DocumentNode,
  type FragmentDefinitionNode,
  Kind,
  type OperationDefinitionNode,
  type SelectionSetNode,
} from 'graphql';

/** How large an operation is, whatever the schema and the variables: what stands in a fragment counts at each spread. */
export interface Measures {
  /** Levels of fields within each other. What is below `__schema` and `__type` is not among them. */
  readonly depth: number;
  readonly aliases: number;
  readonly rootFields: number;
  readonly introspection: Introspection;
}

/** What is below `__schema` and `__type`. */
export interface Introspection {
  readonly depth: number;
  /** Lists within each other that lead from types to further types: each one multiplies the answer. */
  readonly lists: number;
}

/** The same of a part of an operation. */
interface Extent {
  readonly depth: number;
  readonly lists: number;
  readonly aliases: number;
  /** Fields of the first level. */
  readonly fields: number;
  readonly introspection: Introspection;
}

const NOTHING: Extent = {
  depth: 0,
  lists: 0,
  aliases: 0,
  fields: 0,
  introspection: { depth: 0, lists: 0 },
};

/** Fields of `__Schema` and `__Type` whose items are types, or hold them. */
const LISTS: ReadonlySet<string> = new Set(['fields', 'inputFields', 'interfaces', 'possibleTypes', 'types']);

/**
 * Measures each operation of a document, which need not be valid. Each fragment is looked at once, however often it
 * is spread; one that spreads itself counts nothing there, for validation refuses it.
 */
export function measureDocument(document: DocumentNode): ReadonlyMap<OperationDefinitionNode, Measures> {
  const ruler = new Ruler(document);
  const measures = new Map<OperationDefinitionNode, Measures>();
  for (const node of document.definitions) {
    if (node.kind !== Kind.OPERATION_DEFINITION) continue;
    const { depth, aliases, fields, introspection } = ruler.extentOf(node.selectionSet);
    measures.set(node, { depth, aliases, rootFields: fields, introspection });
  }
  return measures;
}

class Ruler {
  readonly #fragments = new Map<string, FragmentDefinitionNode>();
  readonly #known = new Map<string, Extent>();

  constructor({ definitions }: DocumentNode) {
    for (const node of definitions)
      if (node.kind === Kind.FRAGMENT_DEFINITION) this.#fragments.set(node.name.value, node);
  }

  extentOf({ selections }: SelectionSetNode): Extent {
    let { depth, lists, aliases, fields, introspection } = NOTHING;
    const add = (more: Extent) => {
      depth = Math.max(depth, more.depth);
      lists = Math.max(lists, more.lists);
      aliases += more.aliases;
      fields += more.fields;
      introspection = larger(introspection, more.introspection);
    };
    for (const node of selections) {
      if (node.kind === Kind.FIELD) {
        const below = node.selectionSet === undefined ? NOTHING : this.extentOf(node.selectionSet);
        add(fieldOver(below, node.name.value, node.alias !== undefined));
      } else if (node.kind === Kind.INLINE_FRAGMENT) {
        add(this.extentOf(node.selectionSet));
      } else {
        add(this.#extentOfFragment(node.name.value));
      }
    }
    return { depth, lists, aliases, fields, introspection };
  }

  #extentOfFragment(name: string): Extent {
    const known = this.#known.get(name);
    if (known !== undefined) return known;
    const fragment = this.#fragments.get(name);
    if (fragment === undefined) return NOTHING;
    this.#known.set(name, NOTHING);
    const extent = this.extentOf(fragment.selectionSet);
    this.#known.set(name, extent);
    return extent;
  }
}

function fieldOver(below: Extent, name: string, hasAlias: boolean): Extent {
  const aliases = below.aliases + (hasAlias ? 1 : 0);
  // No other field's name may begin so, and it is only found at the root.
  if (name === '__schema' || name === '__type') {
    const introspection = { depth: below.depth, lists: below.lists };
    return { depth: 1, lists: 0, aliases, fields: 1, introspection };
  }
  return {
    depth: below.depth + 1,
    lists: below.lists + (LISTS.has(name) ? 1 : 0),
    aliases,
    fields: 1,
    introspection: below.introspection,
  };
}

function larger(a: Introspection, b: Introspection): Introspection {
  return { depth: Math.max(a.depth, b.depth), lists: Math.max(a.lists, b.lists) };
}
