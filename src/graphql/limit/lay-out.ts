import { collectSubFields } from '@graphql-tools/utils';
import {
  type DocumentNode,
  type FieldNode,
  type FragmentDefinitionNode,
  type GraphQLArgument,
  type GraphQLObjectType,
  type GraphQLOutputType,
  getArgumentValues,
  getNamedType,
  getNullableType,
  isCompositeType,
  isListType,
  Kind,
  type OperationDefinitionNode,
} from 'graphql';
import type { CostRules, ListSize } from '../../blueprint/blueprint.ts';
import { GatewayError } from '../../kernel/error.ts';
import type { JsonObject } from '../../kernel/json.ts';
import type { CompiledField, CompiledSchema } from '../compile-schema.ts';
import { usesVariables } from '../plan/plan-context.ts';
import { ASSUMED_SIZE, listSizeOf } from './list-size.ts';
import type { Amount, Place, PlacedField, VariableValues } from './place.ts';
import { Weights } from './weights.ts';

/** Different places of one operation that are looked at; an operation can be written that has any number of them. */
const MOST_PLACES = 10_000;

/** What an operation is laid out by. */
export interface LayoutSource {
  readonly compiled: CompiledSchema;
  readonly costs: CostRules;
  readonly document: DocumentNode;
  readonly operation: OperationDefinitionNode;
  /** They count as far as they steer `@skip` and `@include`. */
  readonly variables: VariableValues;
}

/** An operation laid out into the places of its answer. */
export interface Layout {
  readonly root: Place;
  /** Nothing of it depends on a variable. */
  readonly fixed: boolean;
}

/**
 * Lays out a valid operation; introspection is left out. Throws OPERATION_TOO_COSTLY if there are too many different
 * places in it, BAD_USER_INPUT as `listSizeOf` does. Undefined if the schema has no such operations.
 */
export function layOut(source: LayoutSource): Layout | undefined {
  const type = source.compiled.schema.getRootType(source.operation.operation);
  if (!type) return undefined;
  const builder = new PlaceBuilder(source);
  const { selectionSet } = source.operation;
  const all: FieldNode = { kind: Kind.FIELD, name: { kind: Kind.NAME, value: '' }, selectionSet };
  const root = builder.place(type, [all], []);
  return { root, fixed: builder.fixed };
}

/** A list somewhere below whose size a field above tells. */
interface Sized {
  readonly path: readonly string[];
  readonly size: Amount;
}

class PlaceBuilder {
  fixed = true;
  readonly #source: LayoutSource;
  readonly #weights: Weights;
  readonly #fragments: Record<string, FragmentDefinitionNode> = Object.create(null);
  readonly #places = new Map<string, Place>();
  readonly #numbers = new Map<object, number>();

  constructor(source: LayoutSource) {
    this.#source = source;
    this.#weights = new Weights(source.costs);
    for (const node of source.document.definitions)
      if (node.kind === Kind.FRAGMENT_DEFINITION) this.#fragments[node.name.value] = node;
  }

  place(type: GraphQLObjectType, nodes: readonly FieldNode[], sized: readonly Sized[]): Place {
    const told = sized.map(({ path, size }) => `${path.join('.')}=${this.#sizeKey(size)}`);
    const key = `${type.name} ${nodes.map((node) => this.#number(node)).join()} ${told.join()}`;
    const known = this.#places.get(key);
    if (known !== undefined) return known;
    if (this.#places.size >= MOST_PLACES) {
      const message = `The operation asks for more than ${MOST_PLACES} different things`;
      throw new GatewayError('OPERATION_TOO_COSTLY', message);
    }
    const fields: PlacedField[] = [];
    const place: Place = { type, weight: this.#weights.ofType(type), fields };
    this.#places.set(key, place);
    for (const [responseKey, selected] of this.#collect(type, nodes)) {
      const field = this.#source.compiled.field(type, selected[0]?.name.value ?? '');
      if (field !== undefined) fields.push(this.#field(responseKey, field, selected, sized));
    }
    return place;
  }

  #collect(type: GraphQLObjectType, nodes: readonly FieldNode[]): ReadonlyMap<string, FieldNode[]> {
    const { compiled, variables } = this.#source;
    return collectSubFields(compiled.schema, this.#fragments, variables, type, [...nodes]).fields;
  }

  #field(
    key: string,
    field: CompiledField,
    nodes: readonly FieldNode[],
    sizedAbove: readonly Sized[],
  ): PlacedField {
    const node = nodes[0] as FieldNode;
    const { definition, coordinate, name } = field;
    const rule = this.#source.costs.lists.get(coordinate);
    const above = sizedAbove.filter(({ path }) => path[0] === name);
    const told = above.find(({ path }) => path.length === 1)?.size;
    const size = rule === undefined ? ASSUMED_SIZE : this.#size(field, node, rule);
    const levels = levelsOf(definition.type);
    const type = getNamedType(definition.type);
    const inner = [
      ...above.filter(({ path }) => path.length > 1).map((one) => ({ ...one, path: one.path.slice(1) })),
      ...(rule?.sized ?? []).map((path) => ({ path, size })),
    ];
    const composite = isCompositeType(type);
    return {
      key,
      field,
      nodes,
      toll: this.#toll(field, node),
      levels,
      size: levels === 0 ? 1 : (told ?? (rule?.sized.length ? ASSUMED_SIZE : size)),
      leafWeight: composite ? 0 : this.#weights.ofType(type),
      below: composite
        ? this.#source.compiled.possibleTypes(type).map((one) => this.place(one, nodes, inner))
        : [],
    };
  }

  #size(field: CompiledField, node: FieldNode, rule: ListSize): Amount {
    const names = rule.slicing.map(([name]) => name as string);
    return this.#amount(field, node, names, (values) => listSizeOf(rule, node, values));
  }

  #toll(field: CompiledField, node: FieldNode): Amount {
    const { coordinate, definition } = field;
    const weights = this.#weights;
    let own = weights.ofElement(coordinate, getNamedType(definition.type));
    const counted: { readonly arg: GraphQLArgument; readonly at: string }[] = [];
    for (const { name, value } of node.arguments ?? []) {
      const arg = definition.args.find((one) => one.name === name.value);
      const at = `${coordinate}(${name.value}:)`;
      if (arg === undefined || !weights.dependsOnValue(at, arg.type)) continue;
      const weight = weights.ofElement(at, getNamedType(arg.type));
      // That the variable has no value is rare, and not worth a look at those of each request.
      if (value.kind === Kind.VARIABLE && weight >= 0 && weights.isFlat(arg.type)) own += weight;
      else counted.push({ arg, at });
    }
    const names = counted.map(({ arg }) => arg.name);
    return this.#amount(field, node, names, (values) => {
      const given = counted.map(({ arg, at }) => weights.ofInput(at, arg.type, values[arg.name]));
      return Math.max(
        0,
        given.reduce((a, b) => a + b, own),
      );
    });
  }

  /** What some of a field's arguments come to: found once, if no variable is in them. */
  #amount(
    { definition }: CompiledField,
    node: FieldNode,
    names: readonly string[],
    of: (values: JsonObject) => number,
  ): Amount {
    if (names.length === 0) return of({});
    const asked = { ...definition, args: definition.args.filter(({ name }) => names.includes(name)) };
    const given = {
      ...node,
      arguments: (node.arguments ?? []).filter(({ name }) => names.includes(name.value)),
    };
    const read = (variables: VariableValues): number => {
      let values: JsonObject;
      try {
        values = getArgumentValues(asked, given, variables) as JsonObject;
      } catch {
        // The field fails by itself, without being called.
        return 0;
      }
      return of(values);
    };
    if (!usesVariables(given)) return read({});
    this.fixed = false;
    return read;
  }

  #sizeKey(size: Amount): string {
    return typeof size === 'number' ? String(size) : `$${this.#number(size)}`;
  }

  #number(thing: object): number {
    const number = this.#numbers.get(thing) ?? this.#numbers.size;
    this.#numbers.set(thing, number);
    return number;
  }
}

function levelsOf(type: GraphQLOutputType): number {
  const nullable = getNullableType(type);
  return isListType(nullable) ? 1 + levelsOf(nullable.ofType) : 0;
}
