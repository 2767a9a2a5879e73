import {
  type GraphQLField,
  type GraphQLNamedType,
  type GraphQLObjectType,
  type GraphQLOutputType,
  type GraphQLSchema,
  getNamedType,
  isAbstractType,
  isCompositeType,
  isEnumType,
  isListType,
  isNonNullType,
  isObjectType,
  isSpecifiedScalarType,
} from 'graphql';
import { errorAt, type Report, type SdlText } from '../../connect/directive/sdl-text.ts';
import type { Shape, ShapeField } from '../../connect/mapping/mapping.ts';
import { isJsonObject, type Json } from '../../kernel/json.ts';
import { suggestion } from '../../kernel/problem.ts';
import { type ObjectShape, typeNamesOf, UNKNOWN, withOrigin } from './provided-shape.ts';

export interface SelectionContext {
  readonly schema: GraphQLSchema;
  readonly text: SdlText;
  readonly report: Report;
}

/**
 * Holds a selection's shape against the type that it must give. Reports what does not fit, at its place in the
 * text, and gives what of the type is provided: objects by field, through lists, with unions kept.
 */
export function checkSelection(shape: Shape, type: GraphQLOutputType, context: SelectionContext): Shape {
  return narrow(shape, type, { ...context, offset: 0, label: 'the selection' });
}

interface Place extends SelectionContext {
  readonly offset: number;
  /** What stands there, for messages. */
  readonly label: string;
}

function narrow(shape: Shape, type: GraphQLOutputType, place: Place): Shape {
  if (shape.kind === 'union') {
    // What may be anything beside an object is, for all that can be told, such an object too.
    const known = shape.of.some(({ kind }) => kind === 'object')
      ? shape.of.filter(({ kind }) => kind !== 'unknown')
      : shape.of;
    return { kind: 'union', of: known.map((one) => narrow(one, type, place)) };
  }
  if (shape.kind === 'literal') return narrowLiteral(shape.value, type, place);
  const nullable = isNonNullType(type) ? type.ofType : type;
  if (shape.kind === 'list') {
    if (isListType(nullable)) return narrow(shape.of, nullable.ofType, place);
    if (acceptsAnything(nullable)) return UNKNOWN;
    complain(
      place,
      `${place.label} is a list, but the type is ${String(type)}; take one item, for example with ->first`,
    );
    return UNKNOWN;
  }
  const named = getNamedType(type);
  return shape.kind === 'object' ? narrowObject(shape, named, place) : narrowUnknown(named, place);
}

function narrowUnknown(named: GraphQLNamedType, place: Place): Shape {
  if (!isCompositeType(named)) return UNKNOWN;
  const example = isObjectType(named) ? (Object.keys(named.getFields())[0] ?? '…') : '__typename';
  complain(
    place,
    `${place.label} is of the object type ${named.name}: select its fields, as in { ${example} }`,
  );
  return UNKNOWN;
}

function narrowObject(shape: ObjectShape, named: GraphQLNamedType, place: Place): Shape {
  if (isObjectType(named)) return narrowFields(shape, [named], place);
  if (isAbstractType(named)) return narrowAbstract(shape, named, place);
  if (!acceptsAnything(named)) {
    complain(place, `${place.label} is of type ${named.name}, which has no fields to select`);
  }
  return UNKNOWN;
}

function narrowAbstract(shape: ObjectShape, named: GraphQLNamedType, place: Place): Shape {
  if (!isAbstractType(named)) return UNKNOWN;
  const possible = place.schema.getPossibleTypes(named);
  const names = possible.map(({ name }) => name);
  const typename = shape.fields.get('__typename');
  if (typename === undefined) {
    complain(
      place,
      `${named.name} may be ${names.join(' or ')}: the selection must give __typename, as in __typename: $("${names[0] ?? ''}")`,
    );
    return UNKNOWN;
  }
  const given = typeNamesOf(shape);
  if (given === undefined) return narrowFields(shape, possible, place);
  for (const name of given) {
    if (names.includes(name)) continue;
    const at = { ...place, offset: typename.offset };
    complain(at, `"${name}" is not one of ${named.name}'s types.${suggestion(name, names)}`);
  }
  const meant = possible.filter(({ name }) => given.includes(name));
  return meant.length === 0 ? UNKNOWN : narrowFields(shape, meant, place);
}

/** Every selected field must be in the type, or in one of the types that it may turn out to be. */
function narrowFields(shape: ObjectShape, types: readonly GraphQLObjectType[], place: Place): Shape {
  const fields = new Map<string, ShapeField>();
  for (const [name, selected] of shape.fields) {
    if (name === '__typename') {
      fields.set(name, selected);
      continue;
    }
    const owner = types.find((type) => name in type.getFields());
    const field = owner?.getFields()[name];
    const inner: Place = { ...place, offset: selected.offset, label: `"${name}"` };
    if (owner === undefined || field === undefined) {
      complain(inner, lacking(name, types));
      continue;
    }
    checkArguments(owner, field, inner);
    fields.set(name, { offset: selected.offset, shape: narrow(selected.shape, field.type, inner) });
  }
  return withOrigin({ kind: 'object', fields }, place.text.positionOf(place.offset));
}

function lacking(name: string, types: readonly GraphQLObjectType[]): string {
  const known = types.flatMap((type) => Object.keys(type.getFields()));
  return `type ${types.map((type) => type.name).join(' | ')} has no field "${name}".${suggestion(name, known)}`;
}

function checkArguments(owner: GraphQLObjectType, field: GraphQLField<unknown, unknown>, place: Place): void {
  if (field.args.length === 0) return;
  complain(
    place,
    `${owner.name}.${field.name} takes arguments, which a selection can't see: give the field its own @connect`,
  );
}

function narrowLiteral(value: Json, type: GraphQLOutputType, place: Place): Shape {
  const literal: Shape = { kind: 'literal', value };
  if (value === null) return literal;
  const nullable = isNonNullType(type) ? type.ofType : type;
  if (Array.isArray(value)) {
    if (isListType(nullable)) {
      for (const item of value) narrowLiteral(item, nullable.ofType, place);
    } else if (!acceptsAnything(nullable)) {
      complain(place, `${place.label} is a list, but the type is ${String(type)}`);
    }
    return literal;
  }
  const named = getNamedType(type);
  if (isCompositeType(named)) {
    if (isJsonObject(value)) return narrowObject(objectOf(value, place.offset), named, place);
    complain(place, `${place.label} is ${JSON.stringify(value)}, but the type ${named.name} is an object`);
    return UNKNOWN;
  }
  checkLeaf(value, named, place);
  return literal;
}

function objectOf(value: { readonly [key: string]: Json }, offset: number): ObjectShape {
  const fields = Object.entries(value).map(
    ([name, item]) => [name, { offset, shape: { kind: 'literal', value: item } }] as const,
  );
  return { kind: 'object', fields: new Map<string, ShapeField>(fields) };
}

function checkLeaf(value: Json, named: GraphQLNamedType, place: Place): void {
  if (isEnumType(named)) {
    if (typeof value === 'string' && named.getValue(value) !== undefined) return;
    const names = named.getValues().map(({ name }) => name);
    complain(
      place,
      `${JSON.stringify(value)} is not a value of the enum ${named.name}.${suggestion(String(value), names)}`,
    );
    return;
  }
  if (!isSpecifiedScalarType(named) || !('serialize' in named)) return;
  try {
    named.serialize(value);
  } catch {
    complain(place, `${JSON.stringify(value)} is not a value of type ${named.name}`);
  }
}

/** A scalar of the user's own, `JSON` before all: it takes any value. */
function acceptsAnything(type: GraphQLOutputType | GraphQLNamedType): boolean {
  return (
    !isListType(type) &&
    !isNonNullType(type) &&
    !isCompositeType(type) &&
    !isEnumType(type) &&
    !isSpecifiedScalarType(type)
  );
}

function complain({ text, offset, report }: Place, message: string): void {
  report(errorAt(text.positionOf(offset), message));
}
