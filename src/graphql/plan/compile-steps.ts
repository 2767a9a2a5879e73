import type { GraphQLObjectType } from 'graphql';
import type { Json, JsonObject } from '../../kernel/json.ts';
import { keyText, namesNothing, textOfKey } from '../entity-key.ts';
import { planObject, rankWays, type Ways, wayTo } from '../plan-object.ts';
import { covers, setAt, shapeOfItem } from '../provided.ts';
import type { Selection, ObjectPlan as WaysOfFields } from '../selection.ts';
import type { Way } from '../way.ts';
import type { Loaded } from './loads.ts';
import { notPlanned, OutOfPlan } from './out-of-plan.ts';
import type { PlanContext } from './plan-context.ts';
import type { PlanRun } from './plan-run.ts';
import { type Position, placeName } from './position.ts';
import { compilePath, gives, type Source } from './source.ts';
import type { PathReader, Step } from './step.ts';

/** All calls that the selection needs for each object of one type and source. */
export interface Steps {
  /** Each after those that it needs first. */
  readonly list: readonly Step[];
  /** By response key, the numbers of the steps that a field waits for. */
  readonly of: (responseKey: string) => readonly number[];
  /** By response key, the same as ways. */
  readonly ways: WaysOfFields;
  /** Reads a path of the object: from where it stands already, or else from one of these steps. */
  readonly reader: (path: readonly string[], from: readonly number[]) => PathReader;
  readonly has: (path: readonly string[]) => boolean;
  /** Whether a step's answer gives the path. */
  readonly givenBy: (step: number, path: readonly string[]) => boolean;
}

/** Chooses the calls as the general executor does, from what the mappings say that they give. */
export function compileSteps(
  context: PlanContext,
  type: GraphQLObjectType,
  source: Source,
  selection: Selection,
  position: Position,
): Steps {
  const ways = source.kind === 'closed' ? [] : context.compiled.ways(type);
  const has = compileHas(source, ways);
  const ranked = rankWays(ways, has);
  const plan =
    ways.length === 0 ? new Map<string, readonly Way[]>() : planObject(selection.on(type), ranked, has);
  const chosen = inOrder(plan, ranked, has);
  const numbers = (wanted: readonly Way[]) => wanted.map((way) => chosen.indexOf(way));
  const calls: number[] = [];
  for (const way of chosen)
    calls.push(
      addCall(
        context,
        way,
        source,
        numbers(waysBefore(way, ranked, has)).map((one) => calls[one] as number),
        position,
      ),
    );
  const givenBy: Steps['givenBy'] = (number, path) => covers((chosen[number] as Way).provides, path);
  const reader: Steps['reader'] = (path, from) => {
    if (has(path)) return compilePath(source, path);
    const step = from.find((number) => givenBy(number, path));
    return step === undefined ? () => undefined : partReader(chosen[step] as Way, step, path);
  };
  return {
    list: chosen.map((way, number) => {
      const after = numbers(waysBefore(way, ranked, has));
      const base = { way, call: calls[number] as number, slot: context.waySlot(way), after };
      return compileStep(base, (path) => reader(path, after));
    }),
    of: (key) => numbers(plan.get(key) ?? []),
    ways: plan,
    reader,
    has,
    givenBy,
  };
}

/** Whether the object has a path without any call; where only its data could tell, plans end, if a call could differ. */
function compileHas(source: Source, ways: readonly Way[]): (path: readonly string[]) => boolean {
  return (path) => {
    if (path.length === 0) throw notPlanned('A connector looks at a whole object through $this');
    const [first] = path;
    if (ways.length === 0) return true;
    try {
      return gives(source, path);
    } catch (error) {
      const matters = ways.some(
        (way) => covers(way.provides, path) || way.key.some(([name]) => name === first),
      );
      if (error instanceof OutOfPlan && !matters) return true;
      throw error;
    }
  };
}

/** The ways that fields wait for and those that their keys come from, each after what it needs. */
function inOrder(plan: WaysOfFields, ranked: Ways, has: (path: readonly string[]) => boolean): Way[] {
  const chosen = new Set<Way>();
  const add = (way: Way): void => {
    if (chosen.has(way)) return;
    for (const before of waysBefore(way, ranked, has)) add(before);
    chosen.add(way);
  };
  for (const ways of plan.values()) for (const way of ways) add(way);
  return [...chosen];
}

function waysBefore(way: Way, ranked: Ways, has: (path: readonly string[]) => boolean): Way[] {
  const lacking = way.key.filter((path) => !has(path));
  const before = new Set(lacking.map((path) => wayTo(ranked, path, ranked.get(way) ?? 0)));
  return [...before].filter((one) => one !== undefined);
}

function addCall(
  context: PlanContext,
  way: Way,
  source: Source,
  before: readonly number[],
  position: Position,
): number {
  const { connector } = way;
  const after = source.call === undefined ? before : [source.call, ...before];
  const times =
    way.mode === 'batch' ? 'batch' : position.slot > 0 || position.key === undefined ? 'each' : 'once';
  return context.addCall(connector, { place: placeName(position), times, after }, way);
}

function compileStep(
  base: Pick<Step, 'way' | 'call' | 'slot' | 'after'>,
  readerOf: (path: readonly string[]) => PathReader,
): Step {
  const { way } = base;
  const [only, ...others] = way.key;
  if (only === undefined || others.length > 0 || only.length > 1) {
    const keyOf = compileObjectOf(way.key, readerOf);
    const textOf: Step['textOf'] = (raw, loads) => {
      const key = keyOf(raw, loads);
      return namesNothing(way, key) ? undefined : keyText(way, key);
    };
    return { ...base, textOf, keyOf };
  }
  // Nearly all keys are one field: nothing is made to know an object again.
  const name = only[0] as string;
  const read = readerOf(only);
  return {
    ...base,
    textOf(raw, loads) {
      const value = read(raw, loads);
      return value === undefined || value === null ? undefined : textOfKey(value);
    },
    keyOf: (raw, loads) => ({ [name]: read(raw, loads) ?? null }),
  };
}

/** Puts the values at these paths into one object, as far as they are there. */
export function compileObjectOf(
  paths: readonly (readonly string[])[],
  readerOf: (path: readonly string[]) => PathReader,
): Step['keyOf'] {
  const parts = paths.map((path) => ({ path, read: readerOf(path) }));
  return (raw, loads) => {
    const object: Record<string, Json> = {};
    for (const { path, read } of parts) {
      const value = read(raw, loads);
      if (value !== undefined) setAt(object, path, value);
    }
    return object;
  };
}

/** How what a way brings is looked at. */
export function partSource(way: Way, viewed: boolean, call?: number): Source {
  const view = viewed ? way.connector.selection.view?.view : undefined;
  const shape = way.field === undefined ? shapeOfItem(way.provides) : way.provides;
  return { view, shape, producer: way.connector, kind: 'mapped', sure: true, call };
}

function partReader(way: Way, step: number, path: readonly string[]): PathReader {
  const read = compilePath(partSource(way, true), path);
  const readMapped = compilePath(partSource(way, false), path);
  return (_raw, loads) => {
    const loaded = loads[step];
    if (loaded?.kind !== 'part' || loaded.stale !== undefined) return undefined;
    return loaded.viewed ? read(loaded.raw) : readMapped(loaded.raw);
  };
}

/** What became of the steps for one object. Throws `OutOfPlan` if one was not asked for. */
export function loadsOf(steps: readonly Step[], raw: JsonObject, run: PlanRun): readonly Loaded[] {
  const loads: Loaded[] = [];
  for (const step of steps) {
    const loaded = failedBefore(step, loads) ?? run.loader.find(step, raw, loads)?.result;
    if (loaded === undefined) throw new OutOfPlan('An object was not asked for', false);
    loads.push(loaded);
  }
  return loads;
}

/** The failure of a step that this one needs first: it fails with it. */
export function failedBefore({ after }: Step, loads: readonly (Loaded | undefined)[]): Loaded | undefined {
  for (const number of after) if (loads[number]?.kind === 'failed') return loads[number];
  return undefined;
}
