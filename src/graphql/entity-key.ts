import type { Variables } from '../connect/mapping/mapping.ts';
import { isJsonObject, type Json, type JsonObject } from '../kernel/json.ts';
import { covers, valueAt } from './provided.ts';
import type { Way } from './way.ts';

/** Equal for equal keys: `7` and `"7"` are the same id, since GraphQL's ID is both. */
export function keyText(way: Way, value: Json): string {
  const [path] = way.key;
  if (path !== undefined && way.key.length === 1) return textOfKey(valueAt(value, path));
  return textOfKeys(way.key.map((one) => valueAt(value, one)));
}

/** The same for a key that is one value. */
export function textOfKey(only: Json | undefined): string {
  if (typeof only === 'string') return only;
  return typeof only === 'number' ? String(only) : textOfKeys([only]);
}

/** The same for the values of a composite key, in the order of its paths. */
export function textOfKeys(values: readonly (Json | undefined)[]): string {
  // The NUL tells it from any key that is a text by itself.
  return `\0${JSON.stringify(values.map(asText))}`;
}

function asText(value: Json | undefined): unknown {
  if (value === undefined || value === null) return null;
  if (Array.isArray(value)) return value.map(asText);
  if (!isJsonObject(value)) return String(value);
  return Object.keys(value)
    .sort()
    .map((name) => [name, asText(value[name])]);
}

/** A key that lacks what it may not lack, or has no value at all, is nobody's. */
export function namesNothing({ key: paths, required }: Way, key: JsonObject): boolean {
  const isNull = (path: readonly string[]) => (valueAt(key, path) ?? null) === null;
  return required.some(isNull) || (paths.length > 0 && paths.every(isNull));
}

/** What a call for one object is made of. */
export function inputsOf(way: Way, key: JsonObject): Variables {
  if (way.field !== undefined) return { $args: way.field.args, $this: key };
  return way.mode === 'args' ? { $args: key } : { $this: key };
}

export function itemsOf(value: Json | undefined): readonly Json[] {
  if (Array.isArray(value)) return value as readonly Json[];
  return value === undefined || value === null ? [] : [value];
}

/** Who is asked for one entity may answer with a list: then it is the one with the key, or the only one without. */
export function pick(way: Way, value: Json | undefined, hasKey: (item: Json) => boolean): Json | undefined {
  if (!Array.isArray(value)) return value;
  const items = value as readonly Json[];
  const match = items.find(hasKey);
  const tells = way.key.every((path) => covers(way.provides, path));
  return match ?? (tells || items.length > 1 ? undefined : items[0]);
}
