import { collectSubFields } from '@graphql-tools/utils';
import {
  type FieldNode,
  type FragmentDefinitionNode,
  type GraphQLNamedType,
  type GraphQLObjectType,
  type GraphQLSchema,
  getNamedType,
  getNullableType,
  isListType,
  isObjectType,
} from 'graphql';
import type { Connector } from '../blueprint/blueprint.ts';
import type { Shape } from '../connect/mapping/mapping.ts';
import { chooseCovering } from './choose-covering.ts';
import type { CompiledField, CompiledSchema } from './compile-schema.ts';
import { covers } from './provided.ts';
import { thisPaths, type Way } from './way.ts';

/** By response key, the calls that must be made before the field can be read. */
export type ObjectPlan = ReadonlyMap<string, readonly Way[]>;

/** What one operation selects; the same for its whole run. */
export interface SelectionSource {
  readonly compiled: CompiledSchema;
  readonly schema: GraphQLSchema;
  readonly fragments: Record<string, FragmentDefinitionNode>;
  readonly variables: { readonly [name: string]: unknown };
  /** False for a field that the caller may not have: nothing is fetched for it. */
  readonly allowed: (field: CompiledField) => boolean;
}

/** One entry of an object's selection, with everything under it. */
export interface SelectedField {
  readonly responseKey: string;
  readonly field: CompiledField;
  readonly sub: Selection;
}

/** The fields that an operation asks of the objects at one place; `@skip` and `@include` are applied. */
export class Selection {
  /** How to complete objects of a shape, where the shape alone decides it. */
  readonly plans = new Map<Shape, { readonly type: GraphQLObjectType; readonly plan: ObjectPlan }>();
  readonly #source: SelectionSource;
  readonly #nodes: readonly FieldNode[];
  readonly #byType = new Map<GraphQLObjectType, readonly SelectedField[]>();
  readonly #needs = new Map<GraphQLNamedType, readonly (readonly string[])[]>();

  constructor(source: SelectionSource, nodes: readonly FieldNode[]) {
    this.#source = source;
    this.#nodes = nodes;
  }

  /** What is selected on this type, without introspection names and without refused fields. */
  on(type: GraphQLObjectType): readonly SelectedField[] {
    const known = this.#byType.get(type);
    if (known !== undefined) return known;
    const { compiled, allowed } = this.#source;
    const selected: SelectedField[] = [];
    for (const [responseKey, nodes] of this.nodesOn(type)) {
      const field = compiled.field(type, nodes[0]?.name.value ?? '');
      if (field === undefined || !allowed(field)) continue;
      selected.push({ responseKey, field, sub: new Selection(this.#source, nodes) });
    }
    this.#byType.set(type, selected);
    return selected;
  }

  /** All that is selected on this type, by response key: what the answer shows, in its order. */
  nodesOn(type: GraphQLObjectType): ReadonlyMap<string, readonly FieldNode[]> {
    const { schema, fragments, variables } = this.#source;
    const nodes = this.#nodes.filter(({ selectionSet }) => selectionSet !== undefined);
    return collectSubFields(schema, fragments, variables, type, [...nodes]).fields;
  }

  /** What is selected below some of its fields. */
  below(nodes: readonly FieldNode[]): Selection {
    return new Selection(this.#source, nodes);
  }

  /**
   * What an object of this type must bring so that the selection can be answered without asking further:
   * paths of plain fields, and those of the fields that connectors below it look at through `$this`.
   * An entity below counts as one field, since a stub of it will do.
   */
  needs(type: GraphQLNamedType): readonly (readonly string[])[] {
    const known = this.#needs.get(type);
    if (known !== undefined) return known;
    const types = isObjectType(type) ? [type] : this.#source.compiled.possibleTypes(type);
    const paths = types.flatMap((possible) => this.on(possible).flatMap((entry) => needsOfField(entry)));
    this.#needs.set(type, paths);
    return paths;
  }
}

/** What the fields of an object's selection need of the object itself. */
export function needsOfField({ field, sub }: SelectedField): readonly (readonly string[])[] {
  if (field.custom !== undefined) return field.custom.requires.map((name) => [name]);
  if (field.connectors.length > 0) return neededConnectors(field, sub).flatMap(thisPaths);
  const type = getNamedType(field.definition.type);
  if (!isObjectType(type) || field.returnsEntity) return [[field.name]];
  const below = sub.needs(type);
  return below.length === 0 ? [[field.name]] : below.map((path) => [field.name, ...path]);
}

/**
 * The field's connectors that are needed for what is selected below it. If no selected field comes from
 * any of them (only `__typename`, or fields that other calls give), it is the first one: it tells what is there.
 */
export function neededConnectors(field: CompiledField, sub: Selection): readonly Connector[] {
  if (field.connectors.length <= 1) return field.connectors;
  const needs = sub.needs(getNamedType(field.definition.type));
  const gives = (connector: Connector, path: readonly string[]) => covers(connector.provides, path);
  if (isListType(getNullableType(field.definition.type))) {
    // Items of several lists cannot be told to be the same: one connector gives the list.
    const count = (connector: Connector) => needs.filter((path) => gives(connector, path)).length;
    return field.connectors.toSorted((a, b) => count(b) - count(a)).slice(0, 1);
  }
  const chosen = chooseCovering(field.connectors, needs, gives);
  return chosen.length > 0 ? chosen : field.connectors.slice(0, 1);
}
