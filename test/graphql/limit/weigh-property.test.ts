import fc from 'fast-check';
import {
  type FieldNode,
  type FragmentDefinitionNode,
  type GraphQLField,
  GraphQLIncludeDirective,
  type GraphQLNamedType,
  type GraphQLObjectType,
  type GraphQLOutputType,
  GraphQLSkipDirective,
  getArgumentValues,
  getDirectiveValues,
  getNamedType,
  getNullableType,
  getOperationAST,
  getVariableValues,
  isAbstractType,
  isCompositeType,
  isListType,
  isObjectType,
  Kind,
  parse,
  type SelectionSetNode,
  validate,
} from 'graphql';
import { expect, it } from 'vitest';
import type { GraphqlBlueprint } from '../../../src/blueprint/blueprint.ts';
import { compileSchema } from '../../../src/graphql/compile-schema.ts';
import { Appraisal } from '../../../src/graphql/limit/appraisal.ts';
import type { Cost } from '../../../src/graphql/limit/weigh.ts';
import { buildGood } from '../../support/build-blueprint.ts';
import { generateOperation, operationSpec } from '../differential/generate-operation.ts';

const SDL = `
  enum Rank @cost(weight: "2") { HIGH LOW }
  interface Node { id: ID! nodes(first: Int, skip: Int @cost(weight: "3")): [Node!] @listSize(slicingArguments: "first", assumedSize: 4) }
  type A implements Node @cost(weight: "5") {
    id: ID!
    nodes(first: Int, skip: Int): [Node!]
    rank: Rank @cost(weight: "1.5")
    ranks: [Rank!]
    b: B
  }
  type B implements Node {
    id: ID!
    nodes(first: Int, skip: Int): [Node!] @listSize(assumedSize: 2)
    either: [Either] @cost(weight: "7")
    pages: [Page] @listSize(assumedSize: 3, sizedFields: ["items"])
    page(first: Int): Page @listSize(slicingArguments: ["first"], sizedFields: ["items", "inner.items"], assumedSize: 3)
  }
  type Page { items: [B!] others: [[A]] inner: Page }
  union Either = A | B | Page
  type Query { node: Node either: Either a(cheap: Boolean @cost(weight: "-4")): A @cost(weight: "3") all: [B!]! }
`;

type Definition = GraphQLField<unknown, unknown>;
type Given = Readonly<Record<string, unknown>>;
/** Of lists below, by their paths. */
type Sizes = ReadonlyMap<string, number>;

/** The same without remembering anything: each object of each place, as a reader of the specification would count. */
class Naive {
  readonly #graphql: GraphqlBlueprint;
  readonly #fragments: ReadonlyMap<string, FragmentDefinitionNode>;
  readonly #variables: Record<string, unknown>;

  constructor(
    graphql: GraphqlBlueprint,
    fragments: ReadonlyMap<string, FragmentDefinitionNode>,
    variables: Record<string, unknown>,
  ) {
    this.#graphql = graphql;
    this.#fragments = fragments;
    this.#variables = variables;
  }

  cost(type: GraphQLObjectType, sets: readonly SelectionSetNode[], sized: Sizes): Cost {
    const groups = new Map<string, FieldNode[]>();
    for (const set of sets) this.#collect(set, type, groups);
    const total = { type: this.#weight(type), field: 0 };
    for (const nodes of groups.values()) {
      const definition = type.getFields()[(nodes[0] as FieldNode).name.value];
      if (definition === undefined) continue;
      const cost = this.#field(`${type.name}.${definition.name}`, definition, nodes, sized);
      total.type += cost.type;
      total.field += cost.field;
    }
    return total;
  }

  #field(at: string, definition: Definition, nodes: readonly FieldNode[], sized: Sizes): Cost {
    const named = getNamedType(definition.type);
    const given = getArgumentValues(definition, nodes[0] as FieldNode, this.#variables);
    const field = this.#toll(at, definition, nodes[0] as FieldNode, given);
    const { own, below } = this.#sizes(at, definition.name, given, sized);
    const objects = this.#items(definition.type, own);
    if (!isCompositeType(named)) return { type: objects * this.#weight(named), field };
    if (objects === 0) return { type: 0, field };
    const inner = nodes.flatMap(({ selectionSet }) => selectionSet ?? []);
    const possible = isAbstractType(named) ? this.#graphql.schema.getPossibleTypes(named) : [named];
    const all = possible.map((one) => this.cost(one, inner, below));
    return {
      type: objects * Math.max(0, ...all.map((cost) => cost.type)),
      field: field + objects * Math.max(0, ...all.map((cost) => cost.field)),
    };
  }

  #toll(at: string, { args, type }: Definition, node: FieldNode, given: Given): number {
    const { elements } = this.#graphql.costs;
    const written = new Map(node.arguments?.map(({ name, value }) => [name.value, value.kind]));
    const own = elements.get(at) ?? this.#weight(getNamedType(type));
    const weights = args
      .filter(({ name }) => written.has(name))
      .map(({ name }) => {
        const weight = elements.get(`${at}(${name}:)`) ?? 0;
        // A variable counts, with a value or without one, if it does not make anything cheaper.
        const counts = (written.get(name) === Kind.VARIABLE && weight > 0) || (given[name] ?? null) !== null;
        return counts ? weight : 0;
      });
    return Math.max(
      0,
      weights.reduce((a, b) => a + b, own),
    );
  }

  #sizes(at: string, name: string, given: Given, sized: Sizes): { own: number; below: Sizes } {
    const rule = this.#graphql.costs.lists.get(at);
    const told = rule?.slicing.length ? (given.first as number | null | undefined) : undefined;
    const size = rule === undefined ? 10 : Math.max(0, told ?? rule.assumed ?? 10);
    const below = new Map<string, number>();
    for (const path of rule?.sized ?? []) below.set(path.join('.'), size);
    for (const [path, items] of sized)
      if (path.startsWith(`${name}.`)) below.set(path.slice(name.length + 1), items);
    return { own: sized.get(name) ?? (rule?.sized.length ? 10 : size), below };
  }

  #items(type: GraphQLOutputType, size: number): number {
    const nullable = getNullableType(type);
    if (!isListType(nullable)) return 1;
    return size * this.#items(nullable.ofType, 10);
  }

  #weight(type: GraphQLNamedType): number {
    return this.#graphql.costs.types.get(type.name) ?? (isCompositeType(type) ? 1 : 0);
  }

  #collect(set: SelectionSetNode, type: GraphQLObjectType, groups: Map<string, FieldNode[]>): void {
    for (const node of set.selections) {
      if (getDirectiveValues(GraphQLSkipDirective, node, this.#variables)?.if === true) continue;
      if (getDirectiveValues(GraphQLIncludeDirective, node, this.#variables)?.if === false) continue;
      if (node.kind === Kind.FIELD) {
        const key = (node.alias ?? node.name).value;
        groups.set(key, [...(groups.get(key) ?? []), node]);
        continue;
      }
      const inner = node.kind === Kind.FRAGMENT_SPREAD ? this.#fragments.get(node.name.value) : node;
      const condition = inner?.typeCondition?.name.value;
      if (inner !== undefined && (condition === undefined || this.#applies(condition, type)))
        this.#collect(inner.selectionSet, type, groups);
    }
  }

  #applies(condition: string, type: GraphQLObjectType): boolean {
    const named = this.#graphql.schema.getType(condition);
    if (isObjectType(named)) return named === type;
    return isAbstractType(named) && this.#graphql.schema.isSubType(named, type);
  }
}

it('an operation costs as much as all of its objects and fields, one by one', () => {
  const { graphql } = buildGood({ sdl: SDL, yaml: 'services: {}\ngraphql: { resolvers: resolvers.ts }\n' });
  if (graphql === undefined) throw new Error('The blueprint has no GraphQL');
  const { schema, costs } = graphql;
  const compiled = compileSchema(graphql, new Map());
  let largest = 0;
  let byVariables = 0;
  const property = fc.property(operationSpec, (spec) => {
    const { text, operationName, variables: given } = generateOperation(spec, schema);
    const document = parse(text);
    if (validate(schema, document).length > 0) return;
    const operation = getOperationAST(document, operationName);
    if (!operation) return;
    const variables = getVariableValues(
      schema,
      operation.variableDefinitions ?? [],
      (given ?? {}) as Record<string, unknown>,
    ).coerced;
    if (variables === undefined) return;
    const fragments = document.definitions.filter((node) => node.kind === Kind.FRAGMENT_DEFINITION);
    const naive = new Naive(graphql, new Map(fragments.map((node) => [node.name.value, node])), variables);
    const root = schema.getRootType(operation.operation) as GraphQLObjectType;
    const expected = naive.cost(root, [operation.selectionSet], new Map());
    const appraisal = new Appraisal({ compiled, costs, document, operation, variables });
    const { type, field } = appraisal.cost(variables);
    expect(type).toBeCloseTo(expected.type, 5);
    expect(field).toBeCloseTo(expected.field, 5);
    largest = Math.max(largest, type, field);
    if (!appraisal.fixed) byVariables++;
  });
  fc.assert(property, { numRuns: 300, seed: 1 });
  // Cases that are all alike would prove nothing.
  expect(largest).toBeGreaterThan(1000);
  expect(byVariables).toBeGreaterThan(50);
});
