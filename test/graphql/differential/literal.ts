import {
  abstractNamed,
  type FieldModel,
  isList,
  MOODS,
  objectNamed,
  type SchemaModel,
  type TypeExpression,
} from './schema-model.ts';

/** How constants are written: in SDL, where enum values and property names are bare, or in a mapping. */
export type Notation = 'sdl' | 'mapping';

const LEAF: Readonly<Record<string, string>> = {
  String: '"fixed"',
  Int: '7',
  ID: '"9"',
  Boolean: 'true',
  Float: '2.5',
  Mood: `"${MOODS[0]}"`,
  Any: '"any"',
};

/** A constant of the type; with `plainest` null wherever it may stand. Undefined if there is none: it would have no end. */
export function literalOf(
  model: SchemaModel,
  type: TypeExpression,
  notation: Notation,
  plainest: boolean,
  depth = 0,
): string | undefined {
  if (plainest && !type.nonNull) return 'null';
  if (depth > 5) return type.nonNull ? undefined : 'null';
  const deeper = (inner: TypeExpression) =>
    literalOf(model, inner, notation, plainest || depth > 1, depth + 1);
  if (isList(type)) {
    const item = deeper(type.item);
    if (item !== undefined) return `[${item}]`;
    // What the items of an empty list would be, a mapping's check can't tell.
    return notation === 'sdl' ? '[]' : type.nonNull ? undefined : 'null';
  }
  const { named } = type as { readonly named: string };
  if (LEAF[named] !== undefined) return LEAF[named];
  const member = abstractNamed(model, named)?.members[0];
  const fields = objectNamed(model, member ?? named)?.fields ?? [];
  const given = fields
    .filter((field) => isGiven(field, notation))
    .map((field) => {
      const value = deeper(field.type);
      return value === undefined ? undefined : `${field.name}: ${value}`;
    });
  if (given.includes(undefined)) return undefined;
  const typename = member === undefined ? [] : [`__typename: "${member}"`];
  return `{ ${[...typename, ...given].join(', ')} }`;
}

/** A fallback answers for every field; a mapping for all that have no connector of their own. */
function isGiven(field: FieldModel, notation: Notation): boolean {
  return notation === 'sdl' || field.connectors.length === 0;
}
