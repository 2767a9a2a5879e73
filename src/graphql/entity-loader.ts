import DataLoader from 'dataloader';
import type { Connector } from '../blueprint/blueprint.ts';
import type { Variables } from '../connect/mapping/mapping.ts';
import { isJsonObject, type Json, type JsonObject } from '../kernel/json.ts';
import type { Answer } from './call-connector.ts';
import type { Part } from './part.ts';
import { covers, shapeOfItem, valueAt } from './provided.ts';
import type { Way } from './way.ts';

/** Calls a connector for entities, with the key in the variables; `mayBeAbsent`: 404 says there is none. */
export type CallForEntity = (
  connector: Connector,
  variables: Variables,
  mayBeAbsent: boolean,
) => Promise<Answer>;

type Load = (key: JsonObject) => Promise<Part | undefined>;

/** Fetches entities by key for one operation: each key once, and in batches where the connector takes them. */
export class EntityLoaders {
  readonly #call: CallForEntity;
  readonly #loads = new Map<Way, Load>();

  constructor(call: CallForEntity) {
    this.#call = call;
  }

  /** The entity with this key; undefined if the service has none. Throws a `CallError` if the call fails. */
  load(way: Way, key: JsonObject): Promise<Part | undefined> {
    let load = this.#loads.get(way);
    if (load === undefined) {
      load = way.mode === 'batch' ? this.#batched(way) : this.#single(way);
      this.#loads.set(way, load);
    }
    return load(key);
  }

  /** What was fetched so far may be out of date. */
  forget(): void {
    this.#loads.clear();
  }

  #single(way: Way): Load {
    const made = new Map<string, Promise<Part | undefined>>();
    return (key) => {
      const text = keyText(way, key);
      const known = made.get(text);
      if (known !== undefined) return known;
      const load = this.#call(way.connector, inputsOf(way, key), true).then((answer) =>
        way.field === undefined
          ? partOf(way, pick(way, answer.value, text), answer)
          : fieldPart(way, way.field.name, answer),
      );
      made.set(text, load);
      return load;
    };
  }

  #batched(way: Way): Load {
    const loader = new DataLoader<JsonObject, Part | undefined, string>(
      async (keys) => {
        const answer = await this.#call(way.connector, { $batch: keys }, false);
        const found = new Map<string, Json>();
        for (const item of itemsOf(answer.value)) {
          const text = keyText(way, item);
          if (!found.has(text)) found.set(text, item);
        }
        return keys.map((key) => partOf(way, found.get(keyText(way, key)), answer));
      },
      {
        cacheKeyFn: (key) => keyText(way, key),
        maxBatchSize: way.connector.maxBatch ?? Number.POSITIVE_INFINITY,
        // After everything that is ready now has run, and before the next answer is waited for: what one answer
        // brings travels together, and nobody waits for a slower sibling.
        batchScheduleFn: setImmediate,
      },
    );
    return (key) => loader.load(key);
  }
}

function partOf(way: Way, value: Json | undefined, answer: Answer): Part | undefined {
  if (!isJsonObject(value)) return undefined;
  return {
    data: value,
    shape: shapeOfItem(way.provides),
    producer: way.connector,
    kind: 'mapped',
    stale: answer.stale,
  };
}

/** What the call of one of the object's fields brings of the object: that field. */
function fieldPart(way: Way, name: string, { value, stale }: Answer): Part {
  return {
    data: { [name]: value ?? null },
    shape: way.provides,
    producer: way.connector,
    kind: 'mapped',
    stale,
  };
}

function inputsOf(way: Way, key: JsonObject): Variables {
  if (way.field !== undefined) return { $args: way.field.args, $this: key };
  return way.mode === 'args' ? { $args: key } : { $this: key };
}

/** Who is asked for one entity may answer with a list: then it is the one with the key, or the only one without. */
function pick(way: Way, value: Json | undefined, text: string): Json | undefined {
  if (!Array.isArray(value)) return value;
  const items = value as readonly Json[];
  const match = items.find((item) => keyText(way, item) === text);
  const tells = way.key.every((path) => covers(way.provides, path));
  return match ?? (tells || items.length > 1 ? undefined : items[0]);
}

function itemsOf(value: Json | undefined): readonly Json[] {
  if (Array.isArray(value)) return value as readonly Json[];
  return value === undefined || value === null ? [] : [value];
}

/** Equal for equal keys: `7` and `"7"` are the same id, since GraphQL's ID is both. */
function keyText(way: Way, value: Json): string {
  const [path] = way.key;
  if (path !== undefined && way.key.length === 1) {
    const only = valueAt(value, path);
    if (typeof only === 'string') return only;
    if (typeof only === 'number') return String(only);
  }
  // The NUL tells it from any key that is a text by itself.
  return `\0${JSON.stringify(way.key.map((path) => asText(valueAt(value, path))))}`;
}

function asText(value: Json | undefined): unknown {
  if (value === undefined || value === null) return null;
  if (Array.isArray(value)) return value.map(asText);
  if (!isJsonObject(value)) return String(value);
  return Object.keys(value)
    .sort()
    .map((name) => [name, asText(value[name])]);
}
