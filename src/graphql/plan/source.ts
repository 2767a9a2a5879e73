import type { Connector } from '../../blueprint/blueprint.ts';
import type { ObjectView, Shape } from '../../connect/mapping/mapping.ts';
import { isInheritedName } from '../../connect/mapping/property.ts';
import { isJsonObject, type Json, type JsonObject } from '../../kernel/json.ts';
import type { CompiledField } from '../compile-schema.ts';
import { isHollow, shapeOfField, UNKNOWN } from '../provided.ts';
import { notPlanned } from './out-of-plan.ts';

/** Where the values of one place come from, as far as it is known before there are any. */
export interface Source {
  /** How to look at the data; undefined: it is mapped already. */
  readonly view: ObjectView | undefined;
  readonly shape: Shape;
  /** Undefined for a fallback. */
  readonly producer: Connector | undefined;
  /** `closed`: a fallback; what it lacks is null. */
  readonly kind: 'mapped' | 'closed';
  /** The mapping gives the value, be it null; false: whether anybody does, only the data tells. */
  readonly sure: boolean;
  /** The call of the plan whose answer it is. */
  readonly call: number | undefined;
}

/** The value of `@fallback`. */
export const FALLBACK: Source = {
  view: undefined,
  shape: UNKNOWN,
  producer: undefined,
  kind: 'closed',
  sure: true,
  call: undefined,
};

/** The source as far as it gives objects of one type, where the mapping says by a literal which type it makes. */
export function narrow(source: Source, typeName: string): Source {
  const { shape } = source;
  if (shape.kind !== 'union') return source;
  const [only, ...others] = shape.of.filter((branch) => {
    const declared = branch.kind === 'object' ? branch.fields.get('__typename')?.shape : undefined;
    return declared?.kind !== 'literal' || declared.value === typeName;
  });
  return only === undefined || others.length > 0 ? source : { ...source, shape: only };
}

/** Reads one field of an object. */
export interface Access {
  /** The property that holds it, if it takes no more than that. */
  readonly property: string | undefined;
  readonly read: (raw: JsonObject) => Json | undefined;
  /** Of the value that was read. */
  readonly source: Source;
  /** The value is an object in any case. */
  readonly literal: boolean;
}

/** How a field is read; undefined if the source has no such field. */
export function accessField(source: Source, name: string): Access | undefined {
  const sure = source.kind === 'closed' || surelyGives(source.shape, name);
  const below = { ...source, shape: shapeOfField(source.shape, name), sure };
  if (source.view === undefined) {
    if (!sure && source.shape.kind === 'object') return undefined;
    const property = isInheritedName(name) ? undefined : name;
    return { property, read: (raw) => ownValue(raw, name), source: below, literal: false };
  }
  const field = source.view.fields.get(name);
  if (field === undefined) return undefined;
  const { property, read, view, literal } = field;
  return { property, read, literal, source: { ...below, view } };
}

function surelyGives(shape: Shape, name: string): boolean {
  if (shape.kind === 'list') return surelyGives(shape.of, name);
  if (shape.kind === 'union') return shape.of.every((one) => surelyGives(one, name));
  return shape.kind === 'object' && shape.fields.has(name);
}

/** Whose fault it is that a value does not fit: of who gave it, or else of the field's own call. */
export function faultOf(
  { producer, sure }: Source,
  raw: Json | undefined,
  field: CompiledField,
): Connector | undefined {
  const given = sure || raw !== undefined ? producer : undefined;
  return given ?? field.connectors[0];
}

function ownValue(raw: JsonObject, name: string): Json | undefined {
  return Object.hasOwn(raw, name) ? raw[name] : undefined;
}

/** The value as the mapping would have made it. */
export function buildValue({ view }: Source, raw: Json | undefined): Json | undefined {
  return raw === undefined || view === undefined ? raw : view.build(raw);
}

/** Reads what a path of fields leads to, whole; undefined where something on the way is missing or no object. */
export function compilePath(source: Source, path: readonly string[]): (raw: JsonObject) => Json | undefined {
  const [name, ...rest] = path;
  if (name === undefined) throw notPlanned('A connector looks at a whole object through $this');
  const access = accessField(source, name);
  if (access === undefined) return () => undefined;
  const { read, source: below } = access;
  if (rest.length === 0) return below.view === undefined ? read : (raw) => buildValue(below, read(raw));
  const deeper = compilePath(below, rest);
  const pure = below.view === undefined || below.view.pure;
  return (raw) => {
    const value = read(raw);
    if (isJsonObject(value)) return deeper(value);
    // A list stays one, and what is no object has no fields, unless the mapping makes some of nothing.
    return pure || value === undefined || Array.isArray(value) ? undefined : valueIn(below, value, rest);
  };
}

function valueIn(source: Source, raw: Json, path: readonly string[]): Json | undefined {
  let current = buildValue(source, raw);
  for (const name of path) {
    if (!isJsonObject(current)) return undefined;
    current = ownValue(current, name);
  }
  return current;
}

/** Whether the source gives a path, with whatever value. Throws `OutOfPlan` where only the data can tell. */
export function gives(source: Source, path: readonly string[]): boolean {
  if (source.kind === 'closed') return true;
  let { shape } = source;
  for (const [depth, name] of path.entries()) {
    while (shape.kind === 'list') shape = shape.of;
    if (shape.kind !== 'object') throw notPlanned('Only the data tells which fields an object has');
    const field = shape.fields.get(name);
    if (field === undefined) {
      if (depth > 0) throw notPlanned('One object is put together from several answers');
      return false;
    }
    shape = field.shape;
  }
  return true;
}

/** Whether an object holds no value at all, `__typename` aside: a reference to nothing. */
export function compileHollow(source: Source): (raw: Json | undefined) => boolean {
  const { view } = source;
  if (view === undefined) return isHollow;
  const fields = [...view.fields]
    .filter(([name]) => name !== '__typename')
    .map(([, field]) => ({ read: field.read, isEmpty: compileHollow({ ...source, view: field.view }) }));
  return (raw) => {
    if (!isJsonObject(raw)) return !Array.isArray(raw) && isHollow(buildValue(source, raw));
    return fields.every(({ read, isEmpty }) => isEmpty(read(raw)));
  };
}
