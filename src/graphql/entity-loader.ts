import DataLoader from 'dataloader';
import type { Connector, EntityConnector } from '../blueprint/blueprint.ts';
import type { Variables } from '../connect/mapping/mapping.ts';
import { isJsonObject, type Json, type JsonObject } from '../kernel/json.ts';
import type { Answer } from './call-connector.ts';
import type { Part } from './part.ts';
import { shapeOfItem, valueAt } from './provided.ts';

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
  readonly #loads = new Map<EntityConnector, Load>();

  constructor(call: CallForEntity) {
    this.#call = call;
  }

  /** The entity with this key; undefined if the service has none. Throws a `CallError` if the call fails. */
  load(entity: EntityConnector, key: JsonObject): Promise<Part | undefined> {
    let load = this.#loads.get(entity);
    if (load === undefined) {
      load = entity.mode === 'batch' ? this.#batched(entity) : this.#single(entity);
      this.#loads.set(entity, load);
    }
    return load(key);
  }

  /** What was fetched so far may be out of date. */
  forget(): void {
    this.#loads.clear();
  }

  #single(entity: EntityConnector): Load {
    const made = new Map<string, Promise<Part | undefined>>();
    return (key) => {
      const text = keyText(entity, key);
      const known = made.get(text);
      if (known !== undefined) return known;
      const variables: Variables = entity.mode === 'args' ? { $args: key } : { $this: key };
      const load = this.#call(entity.connector, variables, true).then((answer) =>
        partOf(entity, single(answer.value), answer),
      );
      made.set(text, load);
      return load;
    };
  }

  #batched(entity: EntityConnector): Load {
    const loader = new DataLoader<JsonObject, Part | undefined, string>(
      async (keys) => {
        const answer = await this.#call(entity.connector, { $batch: keys }, false);
        const found = new Map<string, Json>();
        for (const item of itemsOf(answer.value)) {
          const text = keyText(entity, item);
          if (!found.has(text)) found.set(text, item);
        }
        return keys.map((key) => partOf(entity, found.get(keyText(entity, key)), answer));
      },
      {
        cacheKeyFn: (key) => keyText(entity, key),
        maxBatchSize: entity.connector.maxBatch ?? Number.POSITIVE_INFINITY,
        // After everything that is ready now has run, and before the next answer is waited for: what one answer
        // brings travels together, and nobody waits for a slower sibling.
        batchScheduleFn: setImmediate,
      },
    );
    return (key) => loader.load(key);
  }
}

function partOf(entity: EntityConnector, value: Json | undefined, answer: Answer): Part | undefined {
  if (!isJsonObject(value)) return undefined;
  return {
    data: value,
    shape: shapeOfItem(entity.connector.provides),
    producer: entity.connector,
    kind: 'mapped',
    stale: answer.stale,
  };
}

/** A key for one entity answers with that entity, or with a list that holds nothing else. */
function single(value: Json | undefined): Json | undefined {
  return Array.isArray(value) ? (value as readonly Json[])[0] : value;
}

function itemsOf(value: Json | undefined): readonly Json[] {
  if (Array.isArray(value)) return value as readonly Json[];
  return value === undefined || value === null ? [] : [value];
}

/** Equal for equal keys: `7` and `"7"` are the same id, since GraphQL's ID is both. */
function keyText(entity: EntityConnector, value: Json): string {
  return JSON.stringify(entity.key.map((path) => asText(valueAt(value, path))));
}

function asText(value: Json | undefined): unknown {
  if (value === undefined || value === null) return null;
  if (Array.isArray(value)) return value.map(asText);
  if (!isJsonObject(value)) return String(value);
  return Object.keys(value)
    .sort()
    .map((name) => [name, asText(value[name])]);
}
