import type { ExecutionFailure, OperationOutcome } from '../../../src/graphql/executor.ts';
import { renderExecutionError, renderInputError } from '../../../src/graphql/render-error.ts';
import type { Propagation } from './propagation.ts';

type Path = readonly (string | number)[];

/** What one executor made of an operation. */
export interface Observation {
  /** Undefined: it rejected. */
  readonly outcome: OperationOutcome | undefined;
  readonly rejection: string | undefined;
  readonly calls: readonly string[];
}

export interface CompareOptions {
  /** Whether answers came in the same order to both, so that the calls can be held against each other. */
  readonly calls: boolean;
  readonly propagation: Propagation;
}

/**
 * What of `tested` differs from `general` so that somebody could see it, in words; empty if nothing does. The text of the data
 * must be the same to the byte. Errors must be the same (message, path, locations, extensions) where the field itself is
 * null; where null was handed on from below, one of several errors has done it, and which one, or whether the others are
 * told too, is left open by the specification (6.4.4): both must tell one that explains it. The calls must be the same as long
 * as nothing failed and no null was handed on.
 */
export function differences(
  general: Observation,
  tested: Observation,
  { calls, propagation }: CompareOptions,
): readonly string[] {
  if (general.outcome === undefined || tested.outcome === undefined) {
    return general.rejection === tested.rejection
      ? []
      : [`rejection: ${general.rejection ?? 'none'} / ${tested.rejection ?? 'none'}`];
  }
  const expected = general.outcome;
  const found = tested.outcome;
  if (expected.data !== found.data) return ['data'];
  const data: unknown = expected.data === undefined ? undefined : JSON.parse(expected.data);
  const errors = compareErrors(shownErrors(expected), shownErrors(found), { data, propagation });
  const notes = compareSets('fallbacks', notesOf(expected, data), notesOf(found, data));
  const made = calls ? compareSets('calls', general.calls, tested.calls) : [];
  const excused = made.length > 0 && (expected.errors.length > 0 || isCutOff(data, [], propagation));
  return [...errors, ...notes, ...(excused ? [] : made)];
}

interface Shown {
  readonly path: Path | undefined;
  /** All of it that a client sees. */
  readonly text: string;
}

function shownErrors({ data, errors }: OperationOutcome): readonly Shown[] {
  const render = data === undefined ? renderInputError : renderExecutionError;
  return errors.map((error: ExecutionFailure) => ({
    path: error.path,
    text: JSON.stringify(render(error, RENDER)),
  }));
}

const RENDER = { requestId: 'compared', mask: false, logger: { warn: () => {}, error: () => {} } };

interface Places {
  readonly data: unknown;
  readonly propagation: Propagation;
}

function compareErrors(
  expected: readonly Shown[],
  found: readonly Shown[],
  places: Places,
): readonly string[] {
  const a = groupErrors(expected, places);
  const b = groupErrors(found, places);
  const handed = [...new Set([...a.handed.keys(), ...b.handed.keys()])].flatMap((place) =>
    compareHanded(place, [a, b]),
  );
  return [...compareSets('errors', a.own, b.own), ...a.odd, ...b.odd, ...handed];
}

interface Grouped {
  /** Errors of the fields that are null themselves, and those without a path. */
  readonly own: string[];
  /** By the place that null was handed on to. */
  readonly handed: Map<string, Shown[]>;
  /** Those of the places where an entity that is not there may be the reason, too: the null alone tells of it. */
  readonly silent: Set<string>;
  /** Where no error can be. */
  readonly odd: string[];
}

function groupErrors(errors: readonly Shown[], { data, propagation }: Places): Grouped {
  const grouped: Grouped = { own: [], handed: new Map(), silent: new Set(), odd: [] };
  for (const error of errors) {
    const { path } = error;
    const length = path === undefined ? undefined : nullAlong(path, data);
    if (path === undefined || length === path.length) grouped.own.push(error.text);
    else if (length === undefined) grouped.odd.push(`error where there is a value: ${error.text}`);
    else {
      const reach = propagation.reach(path, length);
      if (reach === 'none') continue;
      const place = JSON.stringify(path.slice(0, length));
      if (reach === 'silent') grouped.silent.add(place);
      grouped.handed.set(place, [...(grouped.handed.get(place) ?? []), error]);
    }
  }
  return grouped;
}

/** Steps along the path to the first null; undefined if there is none. */
function nullAlong(path: Path, data: unknown): number | undefined {
  let at = data;
  for (const [index, step] of path.entries()) {
    if (at === null) return index;
    if (typeof at !== 'object' || at === undefined || !Object.hasOwn(at, step)) return undefined;
    at = (at as Record<string, unknown>)[step];
  }
  return at === null ? path.length : undefined;
}

function compareHanded(place: string, [a, b]: readonly [Grouped, Grouped]): readonly string[] {
  const expected = a.handed.get(place) ?? [];
  const found = b.handed.get(place) ?? [];
  const differing = found.filter((error) => {
    const same = expected.filter((one) => JSON.stringify(one.path) === JSON.stringify(error.path));
    return same.length > 0 && !same.some(({ text }) => text === error.text);
  });
  if (differing.length > 0)
    return [
      ...expected.map(({ text }) => `below ${place}: missing ${text}`),
      ...differing.map(({ text }) => `below ${place}: not expected ${text}`),
    ];
  const silent = a.silent.has(place) || b.silent.has(place);
  if (silent || (expected.length > 0 && found.length > 0)) return [];
  return [...expected, ...found].map(({ text }) => `only one gives a reason for null at ${place}: ${text}`);
}

/** Notes at places that are in the data: which of those below a null are made depends on what came first. */
function notesOf({ fallbacks }: OperationOutcome, data: unknown): readonly string[] {
  return fallbacks
    .filter(({ path }) => (nullAlong(path.slice(0, -1), data) ?? path.length) >= path.length)
    .map((note) => JSON.stringify(note));
}

function compareSets(what: string, expected: readonly string[], found: readonly string[]): readonly string[] {
  const a = [...expected].sort();
  const b = [...found].sort();
  if (JSON.stringify(a) === JSON.stringify(b)) return [];
  const missing = minus(a, b).map((one) => `${what}: missing ${one}`);
  return [...missing, ...minus(b, a).map((one) => `${what}: not expected ${one}`)];
}

function minus(a: readonly string[], b: readonly string[]): readonly string[] {
  const left = [...b];
  return a.filter((one) => {
    const at = left.indexOf(one);
    if (at >= 0) left.splice(at, 1);
    return at < 0;
  });
}

/**
 * Whether null stands where something with fields could: then one of its fields may have taken it away, and which calls for
 * the others were made by then is left open. Without such a null the calls must be the same.
 */
function isCutOff(data: unknown, path: Path, propagation: Propagation): boolean {
  if (data === null || data === undefined) return path.length === 0 || propagation.hasFields(path);
  if (typeof data !== 'object') return false;
  const inner: [string | number, unknown][] = Array.isArray(data)
    ? [...data.entries()]
    : Object.entries(data);
  return inner.some(([step, value]) => isCutOff(value, [...path, step], propagation));
}
