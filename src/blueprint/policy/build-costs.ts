import {
  type ConstDirectiveNode,
  type ConstValueNode,
  type DirectiveDefinitionNode,
  type GraphQLSchema,
  type InputValueDefinitionNode,
  type InterfaceTypeDefinitionNode,
  Kind,
  type ObjectTypeDefinitionNode,
} from 'graphql';
import { errorAt, positionOf, type Report, warningAt } from '../../connect/directive/sdl-text.ts';
import type { CostRules, ListSize } from '../blueprint.ts';
import type { MergedSdl } from '../schema/merge-sdl.ts';
import { buildListSize } from './build-list-size.ts';

type WithFields = ObjectTypeDefinitionNode | InterfaceTypeDefinitionNode;

/**
 * Reads every `@cost` and `@listSize` (ibm.github.io/graphql-specs/cost-spec.html). A field of an object type that
 * says nothing itself goes by what the interfaces that it implements say. Faults are reported at their place.
 */
export function buildCosts(merged: MergedSdl, schema: GraphQLSchema, report: Report): CostRules {
  const rules: GrowingRules = { types: new Map(), elements: new Map(), lists: new Map() };
  for (const type of merged.types.values()) {
    note(rules.types, type.name.value, type, report);
    if (type.kind === Kind.INPUT_OBJECT_TYPE_DEFINITION)
      for (const field of type.fields ?? [])
        note(rules.elements, `${type.name.value}.${field.name.value}`, field, report);
    if (hasFields(type)) noteFields(type, rules, schema, report);
  }
  for (const type of merged.types.values())
    if (type.kind === Kind.OBJECT_TYPE_DEFINITION) inherit(type, rules);
  for (const directive of merged.directives.values()) warnOfDirective(directive, report);
  return rules;
}

interface GrowingRules {
  readonly types: Map<string, number>;
  readonly elements: Map<string, number>;
  readonly lists: Map<string, ListSize>;
}

function note(to: Map<string, number>, coordinate: string, node: Weighed, report: Report): void {
  const weight = readWeight(node.directives, report);
  if (weight !== undefined) to.set(coordinate, weight);
}

function noteFields(type: WithFields, rules: GrowingRules, schema: GraphQLSchema, report: Report): void {
  for (const field of type.fields ?? []) {
    const coordinate = `${type.name.value}.${field.name.value}`;
    note(rules.elements, coordinate, field, report);
    for (const one of field.arguments ?? []) note(rules.elements, argumentOf(coordinate, one), one, report);
    const size = buildListSize(field, type.name.value, schema, report);
    if (size !== undefined) rules.lists.set(coordinate, size);
  }
}

interface Weighed {
  readonly directives?: readonly ConstDirectiveNode[] | undefined;
}

function hasFields(type: { readonly kind: Kind }): type is WithFields {
  return type.kind === Kind.OBJECT_TYPE_DEFINITION || type.kind === Kind.INTERFACE_TYPE_DEFINITION;
}

function argumentOf(coordinate: string, { name }: InputValueDefinitionNode): string {
  return `${coordinate}(${name.value}:)`;
}

function inherit(type: ObjectTypeDefinitionNode, { elements, lists }: GrowingRules): void {
  for (const above of type.interfaces ?? []) {
    for (const field of type.fields ?? []) {
      const own = `${type.name.value}.${field.name.value}`;
      const other = `${above.name.value}.${field.name.value}`;
      take(elements, own, other);
      take(lists, own, other);
      for (const one of field.arguments ?? []) take(elements, argumentOf(own, one), argumentOf(other, one));
    }
  }
}

function take<V>(from: Map<string, V>, own: string, other: string): void {
  const value = from.get(other);
  if (value !== undefined && !from.has(own)) from.set(own, value);
}

/** A weight is a number in a string; a bare number is taken as well. Undefined: nothing said, or nothing of use. */
function readWeight(
  directives: readonly ConstDirectiveNode[] | undefined,
  report: Report,
): number | undefined {
  const directive = directives?.find(({ name }) => name.value === 'cost');
  const value = directive?.arguments?.find(({ name }) => name.value === 'weight')?.value;
  // Without its argument the directive is refused as such.
  if (value === undefined) return undefined;
  const weight = isNumber(value) ? Number(value.value) : Number.NaN;
  if (Number.isFinite(weight)) return weight;
  report(errorAt(positionOf(value), '@cost(weight:) must be a number, as in weight: "1.5"'));
  return undefined;
}

function isNumber(value: ConstValueNode): value is ConstValueNode & { readonly value: string } {
  if (value.kind === Kind.INT || value.kind === Kind.FLOAT) return true;
  return value.kind === Kind.STRING && /^-?\d+(\.\d+)?(e[+-]?\d+)?$/i.test(value.value);
}

function warnOfDirective(directive: DirectiveDefinitionNode, report: Report): void {
  for (const argument of directive.arguments ?? [])
    for (const node of argument.directives ?? [])
      if (node.name.value === 'cost')
        report(
          warningAt(positionOf(node), '@cost has no effect here: directives in operations cost nothing'),
        );
}
