import {
  type DocumentNode,
  type GraphQLOutputType,
  type GraphQLSchema,
  getNamedType,
  getNullableType,
  isInterfaceType,
  isListType,
  isNonNullType,
  isObjectType,
  Kind,
  type OperationDefinitionNode,
  type SelectionSetNode,
} from 'graphql';
import type { CompiledSchema } from '../../../src/graphql/compile-schema.ts';

/** A type that a value of the answer may have, and what is selected below it. */
interface Possibility {
  readonly type: GraphQLOutputType;
  readonly selections: readonly SelectionSetNode[];
}

type Path = readonly (string | number)[];

/** What the types of an operation's answer say of the nulls in it. */
export interface Propagation {
  /**
   * Whether the null of an error's field could be handed on to the place that the first `length` steps of its path lead
   * to (GraphQL specification, 6.4.4): nothing on the way may be nullable. `silent`: what stands at the place or on the
   * way can be an entity that is not there, which may be the reason instead, and is told by the null alone.
   */
  reach(path: Path, length: number): 'none' | 'told' | 'silent';
  /** Whether something with fields could stand at the place, so that a null there may come from one of them. */
  hasFields(path: Path): boolean;
}

/** For one operation. */
export function createPropagation(
  compiled: CompiledSchema,
  document: DocumentNode,
  operation: OperationDefinitionNode,
): Propagation {
  const { schema } = compiled;
  const isEntity = ({ type }: Possibility) =>
    compiled
      .possibleTypes(getNamedType(type))
      .some((one) => compiled.ways(one).some(({ mode }) => mode !== 'field'));
  const root = schema.getRootType(operation.operation);
  const start: readonly Possibility[] = root ? [{ type: root, selections: [operation.selectionSet] }] : [];
  const follow = (here: readonly Possibility[], step: string | number) =>
    here.flatMap((one) => (typeof step === 'number' ? itemOf(one) : fieldsOf(one, step, schema, document)));
  return {
    reach(path, length) {
      let here = start;
      let silent = false;
      for (const [index, step] of path.entries()) {
        if (index >= length) silent ||= here.some(isEntity);
        here = follow(here, step);
        if (index >= length && !here.some(({ type }) => isNonNullType(type))) return 'none';
      }
      return silent ? 'silent' : 'told';
    },
    hasFields: (path) => path.reduce(follow, start).some(({ selections }) => selections.length > 0),
  };
}

function itemOf({ type, selections }: Possibility): readonly Possibility[] {
  const list = getNullableType(type);
  return isListType(list) ? [{ type: list.ofType as GraphQLOutputType, selections }] : [];
}

function fieldsOf(
  { type, selections }: Possibility,
  key: string,
  schema: GraphQLSchema,
  document: DocumentNode,
): readonly Possibility[] {
  return selections.flatMap((set) => fieldsIn(set, getNamedType(type).name, key, { schema, document }));
}

function fieldsIn(
  set: SelectionSetNode,
  typeName: string,
  key: string,
  source: { readonly schema: GraphQLSchema; readonly document: DocumentNode },
): readonly Possibility[] {
  return set.selections.flatMap((node): readonly Possibility[] => {
    if (node.kind === Kind.FIELD) {
      if ((node.alias ?? node.name).value !== key) return [];
      // An object may promise more of a field than the interface through which it is selected.
      return typesOf(source.schema, typeName, node.name.value).map((type) => ({
        type,
        selections: node.selectionSet === undefined ? [] : [node.selectionSet],
      }));
    }
    if (node.kind === Kind.INLINE_FRAGMENT) {
      return fieldsIn(node.selectionSet, node.typeCondition?.name.value ?? typeName, key, source);
    }
    const fragment = source.document.definitions.find(
      (one) => one.kind === Kind.FRAGMENT_DEFINITION && one.name.value === node.name.value,
    );
    return fragment?.kind === Kind.FRAGMENT_DEFINITION
      ? fieldsIn(fragment.selectionSet, fragment.typeCondition.name.value, key, source)
      : [];
  });
}

function typesOf(schema: GraphQLSchema, typeName: string, field: string): readonly GraphQLOutputType[] {
  const type = schema.getType(typeName);
  const owners = isInterfaceType(type)
    ? [type, ...schema.getPossibleTypes(type)]
    : isObjectType(type)
      ? [type]
      : [];
  return owners.flatMap((owner) => owner.getFields()[field]?.type ?? []);
}
