import type { Json, JsonObject } from '../../kernel/json.ts';

/** Lists within lists are followed this deep; data nested deeper than that is treated as missing. */
export const MAX_DATA_DEPTH = 200;

/** An object under construction. */
export type Draft = Record<string, Json>;

export function isObject(value: Json | undefined): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** Array.isArray that also narrows read-only lists. */
export function isList(value: Json | undefined): value is readonly Json[] {
  return Array.isArray(value);
}

/** A property of the object itself, never one of its prototype: `constructor` is data like any other. */
export function ownProperty(object: JsonObject, name: string): Json | undefined {
  return Object.hasOwn(object, name) ? object[name] : undefined;
}

/** Whether reading this name from any object could give something inherited. */
export function isInheritedName(name: string): boolean {
  return name in Object.prototype;
}

/** Sets a property as plain data, also one named `__proto__`. */
export function setProperty(object: Draft, name: string, value: Json): void {
  if (name === '__proto__') {
    Object.defineProperty(object, name, { value, enumerable: true, configurable: true, writable: true });
  } else {
    object[name] = value;
  }
}

/** `object`, `array`, `string`, `number`, `boolean` or `null`. */
export function typeName(value: Json): string {
  if (value === null) return 'null';
  return Array.isArray(value) ? 'array' : typeof value;
}

/** With its article, for messages: `an object`, `null`. */
export function typePhrase(value: Json): string {
  const name = typeName(value);
  if (name === 'null') return name;
  return name === 'object' || name === 'array' ? `an ${name}` : `a ${name}`;
}

/** A scalar as text; null gives '', and what isn't a scalar gives undefined. */
export function scalarText(value: Json): string | undefined {
  if (value === null) return '';
  return typeof value === 'object' ? undefined : String(value);
}

/** Whether two values are the same data. Deeper than MAX_DATA_DEPTH they count as different. */
export function equalJson(a: Json, b: Json, depth = 0): boolean {
  if (a === b) return true;
  if (typeof a !== 'object' || typeof b !== 'object' || a === null || b === null) return false;
  if (depth > MAX_DATA_DEPTH) return false;
  if (isList(a) || isList(b)) {
    if (!isList(a) || !isList(b) || a.length !== b.length) return false;
    return a.every((item, index) => equalJson(item, b[index] as Json, depth + 1));
  }
  const keys = Object.keys(a);
  if (keys.length !== Object.keys(b).length) return false;
  return keys.every((key) => Object.hasOwn(b, key) && equalJson(a[key] as Json, b[key] as Json, depth + 1));
}

/**
 * Two values for one place: objects join property by property, lists item by item, null wins over
 * everything, and otherwise the second replaces the first.
 */
export function mergeJson(a: Json, b: Json, depth = 0): Json {
  if (a === null || b === null) return null;
  if (typeof a !== 'object' || typeof b !== 'object' || depth > MAX_DATA_DEPTH) return b;
  if (isList(a) || isList(b)) {
    if (!isList(a) || !isList(b)) return b;
    const length = Math.max(a.length, b.length);
    return Array.from({ length }, (_, index) => mergeItem(a[index], b[index], depth));
  }
  const merged: Draft = {};
  for (const key of Object.keys(a)) setProperty(merged, key, a[key] as Json);
  for (const key of Object.keys(b)) {
    setProperty(merged, key, mergeItem(ownProperty(merged, key), b[key], depth));
  }
  return merged;
}

function mergeItem(a: Json | undefined, b: Json | undefined, depth: number): Json {
  if (a === undefined) return b ?? null;
  return b === undefined ? a : mergeJson(a, b, depth + 1);
}
