import type { Json } from '../../../src/kernel/json.ts';
import { happens, mix, mixText, pick } from './choice.ts';
import type { DataSpec, HoleSpec } from './generate-data.ts';
import {
  abstractNamed,
  type FieldModel,
  isList,
  type LeafName,
  namedOf,
  type ObjectModel,
  objectNamed,
  type SchemaModel,
  type TypeExpression,
} from './schema-model.ts';
import { bareKey, givenFields, isTaken } from './select-type.ts';
import { corrupt, fittingValue, MISSING } from './value.ts';
import { type Draft, writeWire } from './wire.ts';

/**
 * The objects that services answer with, as they come over the wire. The same place always holds the same, whoever asks for
 * it and in whichever order; `version` counts the mutations so far.
 */
export class Rows {
  readonly #model: SchemaModel;
  readonly #seed: number;
  #soundKeys = false;
  readonly #holes = new Map<string, readonly HoleSpec[]>();

  constructor(model: SchemaModel, { seed, holes }: DataSpec) {
    this.#model = model;
    this.#seed = seed;
    const { objects } = model;
    for (const hole of holes) {
      const object = objects[pick(hole.type, 1, objects.length)] as ObjectModel;
      // One in seven is about the object as such.
      const whole = happens(hole.field, 2, 14);
      const at = whole ? '' : (object.fields[pick(hole.field, 1, object.fields.length)]?.name ?? '');
      const place = `${object.name}.${at}`;
      this.#holes.set(place, [...(this.#holes.get(place) ?? []), hole]);
    }
  }

  /** How many there are of a type; the rows beyond are asked for in vain. */
  count(name: string): number {
    return 1 + pick(this.#seed, mixText(name), 5);
  }

  /** The row that a key is of; undefined if there is none. Components as text, in the order of the key's paths. */
  find(object: ObjectModel, key: ObjectModel['key'], components: readonly string[]): number | undefined {
    for (let row = 0; row < this.count(object.name); row++) {
      const own = key.map((path) => String(keyComponent(path, row)));
      if (own.every((component, at) => component === components[at])) return row;
    }
    return undefined;
  }

  /** A value of the type; which one, the hash decides. Of an entity within something else `fat` and the key are there. */
  value(type: TypeExpression, hash: number, version: number, fat?: readonly string[]): Json {
    if (!type.nonNull && happens(this.#seed, hash, 6)) return null;
    if (isList(type)) {
      const { item } = type;
      const length = [2, 1, 3, 0, 4][mix(hash, 7) % 5] ?? 0;
      return Array.from({ length }, (_, index) => this.value(item, mix(hash, 8, index), version, fat));
    }
    const named = namedOf(type);
    const abstract = abstractNamed(this.#model, named);
    if (abstract === undefined && objectNamed(this.#model, named) === undefined) {
      return fittingValue(named as LeafName, mix(hash, 9, version));
    }
    const name =
      abstract === undefined ? named : (abstract.members[mix(hash, 10) % abstract.members.length] as string);
    const made = this.row(name, mix(hash, 11) % (this.count(name) + 1), version, fat);
    if (abstract === undefined || typeof made !== 'object' || made === null || Array.isArray(made))
      return made;
    const kind = happens(this.#seed, mix(hash, 12), 4) ? 'Nobody' : name;
    return { kind, ...made };
  }

  /**
   * An entity as a call for many answers with it: with nothing wrong about its key. With a wrong one it could pass for
   * another that is asked for in the same call, and so depend on which calls are put together.
   */
  found(object: ObjectModel, row: number, version: number): Json {
    this.#soundKeys = true;
    try {
      return this.row(object.name, row, version);
    } finally {
      this.#soundKeys = false;
    }
  }

  /** All that there is of one object, under the names of the wire; of an entity only the key and `fat`, if that is given. */
  row(name: string, row: number, version: number, fat?: readonly string[]): Json {
    const object = objectNamed(this.#model, name) as ObjectModel;
    const draft: Draft = {};
    this.#write(
      draft,
      fat === undefined ? object : { ...object, fields: [...givenFields(object, fat)] },
      row,
      version,
    );
    const made = this.#spoil(`${name}.`, draft, row);
    return made === MISSING ? null : made;
  }

  #write(draft: Draft, object: ObjectModel, row: number, version: number): void {
    for (const field of object.fields) {
      if (!isTaken(field) || field.wire === 'literal' || field.wire === 'context') continue;
      const target = objectNamed(this.#model, namedOf(field.type));
      if (field.wire === 'flat' && field.of === 'plain' && target !== undefined) {
        this.#write(draft, target, row, version);
        continue;
      }
      const good = this.#fieldValue(object, field, row, version);
      const ofKey = isKey(object, field);
      const sound = this.#soundKeys && ofKey && field.of !== 'entity';
      const value = sound ? good : this.#spoil(`${object.name}.${field.name}`, good, row, ofKey);
      if (value !== MISSING) writeWire(draft, field, value);
    }
  }

  #fieldValue(object: ObjectModel, field: FieldModel, row: number, version: number): Json {
    const path = object.key.find(([name]) => name === field.name);
    if (path !== undefined) {
      const component = this.#asEither(keyComponent(path, row), mix(row, mixText(object.name)), field);
      return path.length === 1 ? component : { no: component };
    }
    if (field.name === object.secondKey) return keyComponent([field.name], row);
    const hash = mix(this.#seed, mixText(`${object.name}.${field.name}`), row);
    if (field.of === 'entity') return this.#reference(field, field.type, hash, version);
    return this.value(field.type, hash, version, field.fat);
  }

  /** What refers to an entity: an object with its key, or the bare key where the mapping makes the object. */
  #reference(field: FieldModel, type: TypeExpression, hash: number, version: number): Json {
    const entity = objectNamed(this.#model, namedOf(field.type)) as ObjectModel;
    const isBare = (field.wire === 'flat' || field.wire === 'map') && bareKey(entity) !== undefined;
    if (!isBare) return this.value(type, hash, version, field.fat);
    if (!type.nonNull && happens(this.#seed, hash, 6)) return null;
    if (isList(type)) {
      const { item } = type;
      const length = [2, 1, 3, 0][mix(hash, 7) % 4] ?? 0;
      return Array.from({ length }, (_, at) => this.#reference(field, item, mix(hash, 8, at), version));
    }
    const row = mix(hash, 11) % (this.count(entity.name) + 1);
    const path = entity.key[0] ?? [];
    const key = entity.fields.find(({ name }) => name === path[0]);
    return this.#asEither(keyComponent(path, row), hash, key);
  }

  /** A key may be a number here and its digits there, if it is an ID. */
  #asEither(component: string | number, hash: number, field: FieldModel | undefined): Json {
    const free = field !== undefined && namedOf(field.type) !== 'Int';
    return free && happens(this.#seed, hash, 40) ? String(component) : component;
  }

  #spoil(place: string, value: Json, row: number, ofKey = false): Json | typeof MISSING {
    for (const hole of this.#holes.get(place) ?? []) {
      const everywhere = !happens(hole.row, 1, 60);
      if (everywhere || row % 3 === pick(hole.row, 2, 3)) {
        return corrupt(value, hole.kind === 0 ? 0 : mix(hole.kind, 5), ofKey);
      }
    }
    return value;
  }
}

/** Whether the field's value is a key, or turns into one by its mapping. */
function isKey(object: ObjectModel, field: FieldModel): boolean {
  if (field.of === 'entity') return field.wire === 'flat' || field.wire === 'map';
  const named = object.key.some(([name]) => name === field.name) || field.name === object.secondKey;
  return object.name === 'Store' || named;
}

function keyComponent([name]: readonly string[], row: number): string | number {
  if (name === 'code') return `c${row + 1}`;
  if (name === 'slug') return `s/${row + 1}`;
  if (name === 'region') return `r${row % 2}`;
  return name === 'store' ? row % 3 : row + 1;
}
