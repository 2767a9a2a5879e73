import { type GraphQLObjectType, isNonNullType } from 'graphql';
import type { Connector } from '../blueprint/blueprint.ts';
import type { Json, JsonObject } from '../kernel/json.ts';
import type { CompiledField, CompiledSchema } from './compile-schema.ts';
import { namesNothing } from './entity-key.ts';
import type { EntityLoaders } from './entity-loader.ts';
import { type MissingPart, type Part, type Piece, partHas, piecesOf } from './part.ts';
import { planObject, rankWays, type Ways, wayTo } from './plan-object.ts';
import { covers, setAt, shapeOfField, valueAt } from './provided.ts';
import { needsOfField, type ObjectPlan, type Selection } from './selection.ts';
import type { Way } from './way.ts';

/** What came of a call for more of an object. */
export type Loaded =
  | { readonly kind: 'part'; readonly part: Part }
  | { readonly kind: 'absent' }
  | { readonly kind: 'failed'; readonly error: unknown };

/** What an object needs of the operation it belongs to. */
export interface NodeHost {
  readonly compiled: CompiledSchema;
  readonly loaders: EntityLoaders;
}

/** Where in the result an object stands. */
export interface NodePlace {
  /** Undefined: an abstract type, to be resolved. */
  readonly type: GraphQLObjectType | undefined;
  /** Whether null may stand in its place. */
  readonly nullable: boolean;
  readonly selection: Selection;
  readonly parts: readonly Part[];
  readonly missing: readonly MissingPart[];
}

const ABSENT: Loaded = { kind: 'absent' };
const NO_WAYS: Ways = new Map();
const NO_PLAN: ObjectPlan = new Map();

/** An object of the result on its way: what is there of it, and how to get what is not. */
export class ObjectNode {
  readonly selection: Selection;
  readonly nullable: boolean;
  type: GraphQLObjectType | undefined;
  readonly #host: NodeHost;
  readonly #parts: Part[];
  readonly #missing: readonly MissingPart[];
  #loads: Map<Way, Promise<Loaded>> | undefined;
  /** By which way a part came that was not there at first. */
  #came: Map<Part, Way> | undefined;
  #reporters: Map<object, string | undefined> | undefined;
  #ways: Ways | undefined;
  #plan: ObjectPlan | undefined;

  constructor(host: NodeHost, place: NodePlace) {
    this.#host = host;
    this.selection = place.selection;
    this.type = place.type;
    this.nullable = place.nullable;
    this.#parts = [...place.parts];
    this.#missing = place.missing;
  }

  /** The calls that a selected field waits for, by response key; empty if all is there. */
  loadsFor(responseKey: string): readonly Way[] {
    this.#plan ??= this.#makePlan();
    return this.#plan.get(responseKey) ?? [];
  }

  #makePlan(): ObjectPlan {
    const [only] = this.#parts;
    const { type } = this;
    if (type === undefined || this.#host.compiled.ways(type).length === 0) return NO_PLAN;
    if (only === undefined || this.#parts.length > 1 || this.#missing.length > 0) return this.#planAnew(type);
    // Objects of one list lack the same, as long as that can be told without looking at them.
    const known = this.selection.plans.get(only.shape);
    if (known?.type === type) return known.plan;
    const plan = this.#planAnew(type);
    if (isFlat(only) && this.#isFlat(type)) this.selection.plans.set(only.shape, { type, plan });
    return plan;
  }

  #planAnew(type: GraphQLObjectType): ObjectPlan {
    const has = (path: readonly string[]) => this.has(path) || this.missingFor(path) !== undefined;
    return planObject(this.selection.on(type), this.#waysHere(), has);
  }

  /** Whether a plan for the type looks at nothing deeper than its own fields. */
  #isFlat(type: GraphQLObjectType): boolean {
    const keys = this.#host.compiled.ways(type).flatMap((way) => way.key);
    const needs = this.selection.on(type).flatMap(needsOfField);
    return [...keys, ...needs].every((path) => path.length === 1);
  }

  /** Ranked once, by what was there at first: what comes later brings nothing farther away. */
  #waysHere(): Ways {
    if (this.#ways === undefined) {
      const ways = this.type === undefined ? [] : this.#host.compiled.ways(this.type);
      this.#ways = ways.length === 0 ? NO_WAYS : rankWays(ways, (path) => this.has(path));
    }
    return this.#ways;
  }

  /**
   * Values of a field, one for each part that gives it; the first one counts where they differ. What came by other ways
   * than those that the field waited for is left out: whether it is there already is a matter of luck.
   */
  pieces(field: string, ways: readonly Way[]): Piece[] {
    const came = this.#came;
    if (came === undefined) return piecesOf(this.#parts, field);
    const parts = this.#parts.filter((part) => {
      const way = came.get(part);
      return way === undefined || ways.includes(way);
    });
    return piecesOf(parts, field);
  }

  /** What `__typename` says, if anything does. */
  typeName(): string | undefined {
    const names = this.#parts.map((part) => part.data.__typename);
    return names.find((name) => typeof name === 'string');
  }

  /** The connector that gave the object first; undefined if a resolver or a fallback did. */
  producer(): Connector | undefined {
    return this.#parts[0]?.producer;
  }

  /** Whether the value at the path is here: also if it is null. */
  has(path: readonly string[]): boolean {
    return this.#parts.some((part) => partHas(part, path));
  }

  /** The failed connector that would have given the path, if none of the parts does. */
  missingFor(path: readonly string[]): MissingPart | undefined {
    if (this.#missing.length === 0 || this.has(path)) return undefined;
    return this.#missing.find((one) => covers(one.provides, path));
  }

  /** The failed connectors that would have given something of a field's value. */
  missingBelow(field: string): MissingPart[] {
    return this.#missing
      .filter((one) => covers(one.provides, [field]))
      .map(({ provides, error }) => ({ provides: shapeOfField(provides, field), error }));
  }

  /** Makes a call for more of the object, once. Never rejects. */
  load(way: Way): Promise<Loaded> {
    this.#loads ??= new Map();
    const known = this.#loads.get(way);
    if (known !== undefined) return known;
    const lacking = way.key.filter((path) => !this.has(path));
    const loading =
      lacking.length === 0
        ? this.#ask(way)
        : this.#fetchPaths(lacking, this.#waysHere().get(way) ?? 0).then(() => this.#ask(way), failed);
    this.#loads.set(way, loading);
    return loading;
  }

  #ask(way: Way): Promise<Loaded> {
    const key = this.collect(way.key);
    if (namesNothing(way, key)) return Promise.resolve(ABSENT);
    return this.#host.loaders.load(way, key).then((part): Loaded => {
      if (part === undefined) return ABSENT;
      if (part.stale === undefined) {
        this.#parts.push(part);
        this.#came ??= new Map();
        this.#came.set(part, way);
      }
      return { kind: 'part', part };
    }, failed);
  }

  async #fetchPaths(paths: readonly (readonly string[])[], below: number): Promise<void> {
    const failed = paths.map((path) => this.missingFor(path)).find((one) => one !== undefined);
    if (failed !== undefined) throw failed.error;
    const ways = new Set(paths.map((path) => wayTo(this.#waysHere(), path, below)));
    const loads = [...ways].filter((way) => way !== undefined).map((way) => this.load(way));
    for (const loaded of await Promise.all(loads)) if (loaded.kind === 'failed') throw loaded.error;
  }

  /** The values at these paths as far as they are here, in one object. */
  collect(paths: readonly (readonly string[])[]): JsonObject {
    if (paths.some((path) => path.length === 0)) return this.whole();
    const object: Record<string, Json> = {};
    for (const path of paths) {
      const part = this.#parts.find((one) => partHas(one, path));
      const value = part && valueAt(part.data, path);
      if (value !== undefined) setAt(object, path, value);
    }
    return object;
  }

  /** All that is here; if one producer made it, as that one made it. */
  whole(): JsonObject {
    const [only] = this.#parts;
    if (only !== undefined && this.#parts.length === 1) return only.data;
    return Object.assign({}, ...[...this.#parts].reverse().map((part) => part.data)) as JsonObject;
  }

  /**
   * Whether this field is the one that reports a failure (of an entity call, of a missing part): one of those
   * that needed it does, a field that cannot be null before others, since it takes the object with it.
   */
  reports(
    failure: object,
    responseKey: string,
    needsIt: (key: string, field: CompiledField) => boolean,
  ): boolean {
    this.#reporters ??= new Map();
    if (!this.#reporters.has(failure)) {
      const entries = this.type === undefined ? [] : this.selection.on(this.type);
      const affected = entries.filter(
        ({ responseKey: key, field }) =>
          field.fallback?.value === undefined && field.limits.length === 0 && needsIt(key, field),
      );
      const first = affected.find(({ field }) => isNonNullType(field.definition.type)) ?? affected[0];
      this.#reporters.set(failure, first?.responseKey);
    }
    return this.#reporters.get(failure) === responseKey;
  }
}

function failed(error: unknown): Loaded {
  return { kind: 'failed', error };
}

/** Whether the part's shape alone tells which fields it gives. */
function isFlat(part: Part): boolean {
  return part.kind === 'mapped' && part.shape.kind === 'object';
}
