import DataLoader from 'dataloader';
import type { Connector } from '../blueprint/blueprint.ts';
import type { Variables } from '../connect/mapping/mapping.ts';
import { isJsonObject, type Json, type JsonObject } from '../kernel/json.ts';
import type { Answer } from './call-connector.ts';
import { inputsOf, itemsOf, keyText, pick } from './entity-key.ts';
import type { Part } from './part.ts';
import type { Loaded, Load as PlannedLoad, WayLoads } from './plan/loads.ts';
import { shapeOfItem, valueAt } from './provided.ts';
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
  #begun: ReadonlyMap<Way, WayLoads> | undefined;

  constructor(call: CallForEntity) {
    this.#call = call;
  }

  /** The entity with this key; undefined if the service has none. Throws a `CallError` if the call fails. */
  load(way: Way, key: JsonObject): Promise<Part | undefined> {
    const begun = this.#begun?.get(way)?.byKey.get(keyText(way, key));
    if (begun !== undefined) return begunPart(way, begun);
    let load = this.#loads.get(way);
    if (load === undefined) {
      load = way.mode === 'batch' ? this.#batched(way) : this.#single(way);
      this.#loads.set(way, load);
    }
    return load(key);
  }

  /** What has been asked for by another executor. */
  takeOver(begun: ReadonlyMap<Way, WayLoads>): void {
    this.#begun = begun;
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
          ? partOf(
              way,
              pick(way, answer.value, (item) => keyText(way, item) === text),
              answer,
            )
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

/** What a plan has fetched, or is fetching, in the form that objects are made of. */
function begunPart(way: Way, load: PlannedLoad): Promise<Part | undefined> {
  return new Promise((resolve, reject) => {
    load.whenDone(() => {
      const loaded = load.result as Loaded;
      if (loaded.kind === 'failed') reject(loaded.error);
      else resolve(loaded.kind === 'absent' ? undefined : mappedPart(way, loaded));
    });
  });
}

function mappedPart(way: Way, { raw, viewed, stale }: Loaded & { readonly kind: 'part' }): Part | undefined {
  if (way.field !== undefined)
    return fieldPart(way, way.field.name, { value: valueAt(raw, [way.field.name]), stale });
  const view = viewed ? way.connector.selection.view?.view : undefined;
  return partOf(way, view === undefined ? raw : view.build(raw), { value: raw, stale });
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
