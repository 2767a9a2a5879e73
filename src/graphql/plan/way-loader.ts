import type { ObjectView } from '../../connect/mapping/mapping.ts';
import { isJsonObject, type Json, type JsonObject } from '../../kernel/json.ts';
import type { RawAnswer } from '../call-connector.ts';
import { inputsOf, itemsOf, keyText, pick, textOfKey, textOfKeys } from '../entity-key.ts';
import type { Operation } from '../operation.ts';
import type { Way } from '../way.ts';
import type { Basis } from './basis.ts';
import { ABSENT, callAll, Load, type Loaded, NOBODY, type WayLoads } from './loads.ts';
import type { Pending } from './pending.ts';
import { compilePath } from './source.ts';
import type { Step } from './step.ts';

/** Fetches objects by key for one run of a plan: each key once, and many in one call where the connector takes them. */
export class WayLoader {
  readonly #operation: Operation;
  readonly #pending: Pending;
  readonly #basis: Basis;
  readonly #bySlot: (WayLoads | undefined)[] = [];

  constructor(operation: Operation, pending: Pending, basis: Basis) {
    this.#operation = operation;
    this.#pending = pending;
    this.#basis = basis;
  }

  /** All that was asked for, by way. */
  get loads(): ReadonlyMap<Way, WayLoads> {
    return new Map(this.#bySlot.flatMap((loads) => (loads === undefined ? [] : [[loads.way, loads]])));
  }

  /** Asks for the object that a step leads to, unless that has been done. */
  load(step: Step, raw: JsonObject, parts: readonly (Loaded | undefined)[]): Load {
    const text = step.textOf(raw, parts);
    if (text === undefined) return NOBODY;
    const { way, slot } = step;
    let loads = this.#bySlot[slot];
    if (loads === undefined) {
      loads = { way, byKey: new Map(), batch: undefined };
      this.#bySlot[slot] = loads;
    }
    const known = loads.byKey.get(text);
    if (known !== undefined) return known;
    const load = new Load(step.keyOf(raw, parts));
    loads.byKey.set(text, load);
    if (way.mode === 'batch') this.#enqueue(loads, text, load);
    else this.#single(way, text, load);
    return load;
  }

  /** What was asked for; undefined if nothing was. */
  find({ textOf, slot }: Step, raw: JsonObject, parts: readonly (Loaded | undefined)[]): Load | undefined {
    const text = textOf(raw, parts);
    return text === undefined ? NOBODY : this.#bySlot[slot]?.byKey.get(text);
  }

  #enqueue(loads: WayLoads, text: string, load: Load): void {
    if (loads.batch !== undefined) {
      loads.batch.push({ text, load });
      return;
    }
    const batch = [{ text, load }];
    loads.batch = batch;
    this.#pending.sendBatch(() => {
      loads.batch = undefined;
      const size = loads.way.connector.maxBatch ?? batch.length;
      for (let from = 0; from < batch.length; from += size)
        this.#call(loads.way, batch.slice(from, from + size));
    });
  }

  #call(way: Way, batch: NonNullable<WayLoads['batch']>): void {
    const operation = this.#operation;
    this.#pending.begin();
    const inputs = { $batch: batch.map(({ load }) => load.key) };
    operation
      .callRaw(way.connector, {
        inputs,
        ...READ,
        mayBeAbsent: false,
        stale: operation.compiled.staleOf(way.connector),
      })
      .then(
        (answer) => {
          this.#basis.answered(way, JSON.stringify(batch.map(({ text }) => text)), answer);
          this.#pending.end(() => settleBatch(way, batch, answer));
        },
        (error: unknown) => {
          this.#basis.failed();
          this.#pending.end(() => {
            callAll(
              batch.map(
                ({ load }) =>
                  () =>
                    load.settle({ kind: 'failed', error }),
              ),
            );
          });
        },
      );
  }

  #single(way: Way, text: string, load: Load): void {
    const operation = this.#operation;
    this.#pending.begin();
    const inputs = inputsOf(way, load.key);
    operation
      .callRaw(way.connector, {
        inputs,
        ...READ,
        mayBeAbsent: true,
        stale: operation.compiled.staleOf(way.connector),
      })
      .then(
        (answer) => {
          this.#basis.answered(way, text, answer);
          this.#pending.end(() => load.settle(readSingle(way, text, answer)));
        },
        (error: unknown) => {
          this.#basis.failed();
          this.#pending.end(() => load.settle({ kind: 'failed', error }));
        },
      );
  }
}

const READ = { mutates: false } as const;

/** Hands each key its object; never by position. */
function settleBatch(way: Way, batch: NonNullable<WayLoads['batch']>, answer: RawAnswer): void {
  const { items, viewed } = itemsIn(answer);
  const textOf = viewed ? viewedKeyText(way, answer.view) : (item: Json) => keyText(way, item);
  const found = new Map<string, JsonObject>();
  for (const item of items) {
    if (!isJsonObject(item)) continue;
    const text = textOf(item);
    if (!found.has(text)) found.set(text, item);
  }
  callAll(
    batch.map(
      ({ text, load }) =>
        () =>
          load.settle(partOf(found.get(text), viewed, answer)),
    ),
  );
}

/** The objects of an answer. Mapped, if one of them is none: a mapping may make something of that. */
function itemsIn({ value, view }: RawAnswer): { readonly items: readonly Json[]; readonly viewed: boolean } {
  const items = itemsOf(value);
  if (view === undefined) return { items, viewed: false };
  if (items.every(isJsonObject)) return { items, viewed: true };
  return { items: itemsOf(value === undefined ? value : view.build(value)), viewed: false };
}

function readSingle(way: Way, text: string, answer: RawAnswer): Loaded {
  if (way.field !== undefined) {
    const whole = built(answer);
    return partOf({ [way.field.name]: whole ?? null }, false, answer);
  }
  const { items, viewed } = itemsIn(answer);
  if (!viewed)
    return partOf(
      pick(way, built(answer), (item) => keyText(way, item) === text),
      false,
      answer,
    );
  const textOf = viewedKeyText(way, answer.view);
  const lone = Array.isArray(answer.value)
    ? pick(way, items, (item) => textOf(item as JsonObject) === text)
    : items[0];
  return partOf(lone, true, answer);
}

function built({ value, view }: RawAnswer): Json | undefined {
  return value === undefined || view === undefined ? value : view.build(value);
}

function partOf(raw: Json | undefined, viewed: boolean, { stale }: RawAnswer): Loaded {
  return isJsonObject(raw) ? { kind: 'part', raw, viewed, stale } : ABSENT;
}

const keyReaders = new WeakMap<Way, (item: JsonObject) => string>();

/** The text of an item's key, read through the view. */
function viewedKeyText(way: Way, view: ObjectView | undefined): (item: JsonObject) => string {
  const known = keyReaders.get(way);
  if (known !== undefined) return known;
  const source = {
    view,
    shape: way.provides,
    producer: way.connector,
    kind: 'mapped',
    sure: true,
    call: undefined,
  } as const;
  const [only, ...others] = way.key.map((path) => compilePath(source, path));
  const read = (item: JsonObject) =>
    only !== undefined && others.length === 0
      ? textOfKey(only(item))
      : textOfKeys([only, ...others].map((one) => one?.(item)));
  keyReaders.set(way, read);
  return read;
}
