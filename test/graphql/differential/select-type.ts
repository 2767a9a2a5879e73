import { literalOf } from './literal.ts';
import {
  abstractNamed,
  type FieldModel,
  namedOf,
  type ObjectModel,
  objectNamed,
  type SchemaModel,
} from './schema-model.ts';
import { wireText } from './wire.ts';

/** Where a mapping stands, and what it may replace by a variable there. */
export interface SelectContext {
  readonly model: SchemaModel;
  /** By name, a text that stands in place of what is taken from the answer. */
  readonly instead?: ReadonlyMap<string, string>;
}

const CONTEXT: readonly string[] = [
  '$context.user.name',
  '$config.region',
  "$request.headers.'x-tenant'->first",
  '$env.REGION',
  '$context.user.claims',
];

/** The items of a selection that give these fields, as they stand in the object's own answer. */
export function selectFields(fields: readonly FieldModel[], context: SelectContext): string {
  return fields.map((field) => selectField(field, context)).join(' ');
}

/** The selection that gives all of a plain or abstract type, and of an entity what refers to it. */
export function selectType(name: string, context: SelectContext, extra: readonly string[] = []): string {
  const { model } = context;
  const abstract = abstractNamed(model, name);
  if (abstract !== undefined) return selectAbstract(abstract.members, abstract.matched, model);
  const object = objectNamed(model, name) as ObjectModel;
  return selectFields(givenFields(object, extra), context);
}

/** What an answer holds of an object that is not asked for by its key. */
export function givenFields(object: ObjectModel, extra: readonly string[] = []): readonly FieldModel[] {
  if (object.kind === 'plain') return object.fields.filter(isTaken);
  const first = object.key.map(([name]) => name as string);
  return object.fields.filter(
    (field) => isTaken(field) && (first.includes(field.name) || extra.includes(field.name)),
  );
}

/** Taken from its object's answer, not fetched by itself. */
export function isTaken(field: FieldModel): boolean {
  return field.connectors.length === 0;
}

/** The name of the only field of the key, if that is all there is to it. */
export function bareKey(object: Pick<ObjectModel, 'key'> | undefined): string | undefined {
  const [path] = object?.key ?? [];
  return object?.key.length === 1 && path?.length === 1 ? path[0] : undefined;
}

function selectField(field: FieldModel, context: SelectContext): string {
  const { model, instead } = context;
  const replaced = instead?.get(field.name);
  if (replaced !== undefined) return `${field.name}: ${replaced}`;
  if (field.of === 'leaf') return selectLeaf(field, model);
  const target = namedOf(field.type);
  const key = field.of === 'entity' ? bareKey(objectNamed(model, target)) : undefined;
  return wireText(field, selectType(target, { model }, field.fat), key);
}

function selectLeaf(field: FieldModel, model: SchemaModel): string {
  if (field.wire === 'literal') {
    return `${field.name}: $(${literalOf(model, field.type, 'mapping', false) ?? 'null'})`;
  }
  if (field.wire === 'context') {
    return `${field.name}: ${CONTEXT[field.name.charCodeAt(field.name.length - 1) % CONTEXT.length] ?? ''}`;
  }
  return wireText(field, undefined);
}

function selectAbstract(members: readonly string[], matched: boolean, model: SchemaModel): string {
  const byMember = members.map((name) => {
    const given = givenFields(objectNamed(model, name) as ObjectModel);
    return { name, items: new Map(given.map((field) => [field.name, selectField(field, { model })])) };
  });
  if (matched) {
    const pairs = byMember.map(
      ({ name, items }) => `["${name}", { __typename: "${name}" ${[...items.values()].join(' ')} }]`,
    );
    return `... kind->match(${pairs.join(', ')}, [@, null])`;
  }
  // Members may have a field in common; what stands twice would be joined with itself.
  const all = new Map(byMember.flatMap(({ items }) => [...items]));
  return ['__typename: kind', ...all.values()].join(' ');
}
