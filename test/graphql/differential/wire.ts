import type { Json } from '../../../src/kernel/json.ts';
import type { FieldModel } from './schema-model.ts';

/** An object of an answer, while it is made. */
export type Draft = Record<string, Json>;

/**
 * One item of a selection: how the field is got out of the object that it is given in. `inner` is the selection below it;
 * `key` the only field of the key, where the field is a reference that is made of a bare key.
 */
export function wireText(field: FieldModel, inner: string | undefined, key?: string): string {
  const { name } = field;
  const below = inner === undefined ? '' : ` { ${inner} }`;
  switch (field.wire) {
    case 'plain':
    case 'literal':
    case 'context':
      return `${name}${below}`;
    case 'alias':
      return `${name}: ${at(name)}${below}`;
    case 'path':
      return `${name}: box.${at(name)}${below}`;
    case 'spread':
      return `... group { ${name}${below} }`;
    case 'coalesce':
      return inner === undefined
        ? `${name}: $(${at(name)} ?? ${other(name)})`
        : `${name}: $(${at(name)} ?? ${other(name)})${below}`;
    case 'first':
      return `${name}: ${at(name)}->first${below}`;
    case 'match':
      return `${name}: ${at(name)}->match([null, null], [@, @])`;
    case 'map':
      return key === undefined ? `${name}: ${at(name)}->map(@)` : `${name}: ${at(name)}->map({ ${key}: @ })`;
    case 'flat':
      return key === undefined ? `${name}: { ${inner ?? ''} }` : `${name}: { ${key}: ${at(name)} }`;
  }
}

/** Puts the field's value where its mapping looks for it. */
export function writeWire(target: Draft, field: FieldModel, value: Json): void {
  const { name, wire } = field;
  if (wire === 'plain' || wire === 'literal' || wire === 'context') put(target, name, value);
  else if (wire === 'path') put(within(target, 'box'), at(name), value);
  else if (wire === 'spread') put(within(target, 'group'), name, value);
  else if (wire === 'coalesce') put(target, name.length % 2 === 0 ? at(name) : other(name), value);
  else if (wire === 'first') put(target, at(name), [value, 'second']);
  else put(target, at(name), value);
}

function put(target: Draft, name: string, value: Json): void {
  Object.defineProperty(target, name, { value, enumerable: true, configurable: true, writable: true });
}

function within(target: Draft, name: string): Draft {
  const inner = target[name];
  if (typeof inner === 'object' && inner !== null) return inner as Draft;
  const made: Draft = {};
  target[name] = made;
  return made;
}

function at(name: string): string {
  return `w_${name}`;
}

function other(name: string): string {
  return `o_${name}`;
}
