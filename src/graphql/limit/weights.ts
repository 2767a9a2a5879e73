import {
  type GraphQLInputType,
  type GraphQLNamedType,
  getNamedType,
  getNullableType,
  isCompositeType,
  isInputObjectType,
  isListType,
} from 'graphql';
import type { CostRules } from '../../blueprint/blueprint.ts';
import { isJsonObject, type Json } from '../../kernel/json.ts';

/** Weights by `@cost`, or else by the cost specification: 1 for what has fields, 0 for scalars and enums. */
export class Weights {
  readonly #rules: CostRules;

  constructor(rules: CostRules) {
    this.#rules = rules;
  }

  /** Of a value of the type. */
  ofType(type: GraphQLNamedType): number {
    return this.#rules.types.get(type.name) ?? (isCompositeType(type) || isInputObjectType(type) ? 1 : 0);
  }

  /** Of a field, an argument or an input field of this type: its own weight, else its type's. */
  ofElement(coordinate: string, type: GraphQLNamedType): number {
    return this.#rules.elements.get(coordinate) ?? this.ofType(type);
  }

  /** Of the value of an argument or input field, with what is within it: each item of a list counts. */
  ofInput(coordinate: string, type: GraphQLInputType, value: Json | undefined): number {
    if (value === undefined || value === null) return 0;
    const nullable = getNullableType(type);
    if (isListType(nullable)) {
      const items = Array.isArray(value) ? value : [value];
      return items.reduce<number>((sum, item) => sum + this.ofInput(coordinate, nullable.ofType, item), 0);
    }
    const named = getNamedType(nullable);
    const own = this.ofElement(coordinate, named);
    if (!isInputObjectType(named) || !isJsonObject(value)) return own;
    return Object.values(named.getFields()).reduce(
      (sum, field) => sum + this.ofInput(`${named.name}.${field.name}`, field.type, value[field.name]),
      own,
    );
  }

  /** Whether each value of the type adds the same, if there is one: an object of nothing but what adds nothing. */
  isFlat(type: GraphQLInputType): boolean {
    const nullable = getNullableType(type);
    if (isListType(nullable)) return false;
    return (
      !isInputObjectType(nullable) ||
      Object.values(nullable.getFields()).every(
        (field) => !this.dependsOnValue(`${nullable.name}.${field.name}`, field.type),
      )
    );
  }

  /** Whether it takes the value to know what an argument or input field adds: not if none of it can add anything. */
  dependsOnValue(
    coordinate: string,
    type: GraphQLInputType,
    seen: Set<GraphQLNamedType> = new Set(),
  ): boolean {
    const named = getNamedType(type);
    if (this.ofElement(coordinate, named) !== 0) return true;
    if (!isInputObjectType(named) || seen.has(named)) return false;
    seen.add(named);
    return Object.values(named.getFields()).some((field) =>
      this.dependsOnValue(`${named.name}.${field.name}`, field.type, seen),
    );
  }
}
