import type { GraphQLObjectType } from 'graphql';
import { isNonNullType } from 'graphql';
import type { CompiledField } from '../compile-schema.ts';
import type { Selection } from '../selection.ts';
import type { Way } from '../way.ts';
import type { Steps } from './compile-steps.ts';
import type { Loaded } from './loads.ts';
import type { PlanRun } from './plan-run.ts';
import type { Site, Text } from './site.ts';

/** What the calls that a field waits for mean to it. */
export interface Ground {
  /** Whether an object that was fetched will do: it is new, or not older than the field allows. */
  readonly isUsable: (loaded: Loaded & { readonly kind: 'part' }) => boolean;
  /** The field's text if one of the calls failed; undefined if it can be written. Notes what is stale. */
  readonly check: (
    waits: readonly number[],
    loads: readonly Loaded[],
    run: PlanRun,
  ) => { readonly text: Text } | undefined;
}

interface GroundParts {
  readonly key: string;
  readonly field: CompiledField;
  readonly type: GraphQLObjectType;
  readonly selection: Selection;
  readonly steps: Steps;
  readonly own: Site;
}

export function compileGround({ key, field, type, selection, steps, own }: GroundParts): Ground {
  const allowed = field.fallback?.stale ?? 0;
  const isUsable: Ground['isUsable'] = ({ stale }) =>
    stale === undefined || (allowed > 0 && stale.age <= allowed);
  const tellsAlways = field.fallback?.value !== undefined || isNonNullType(field.definition.type);
  const tells = new Map<Way, boolean>();
  const tellsOf = (way: Way): boolean => {
    const known = tells.get(way) ?? (tellsAlways || reporterOf(way, type, selection, steps) === key);
    tells.set(way, known);
    return known;
  };
  const check = (number: number, loaded: Loaded, run: PlanRun): { readonly text: Text } | undefined => {
    if (loaded.kind === 'absent' || (loaded.kind === 'part' && loaded.stale === undefined)) return undefined;
    if (loaded.kind === 'part' && isUsable(loaded)) {
      if (loaded.stale !== undefined) run.noteFallback(own.position, 'stale', loaded.stale.failure);
      return undefined;
    }
    const failure = loaded.kind === 'failed' ? loaded.error : loaded.stale?.failure;
    const { way } = steps.list[number] as Steps['list'][number];
    return { text: tellsOf(way) ? own.fail(failure, run) : own.none };
  };
  return {
    isUsable,
    check(waits, loads, run) {
      for (const number of waits) {
        const blamed = check(number, loads[number] as Loaded, run);
        if (blamed !== undefined) return blamed;
      }
      return undefined;
    },
  };
}

/**
 * The field that tells of a failed call, so that each object tells of it once: one that can't be null before
 * others, since it takes the object with it.
 */
function reporterOf(
  way: Way,
  type: GraphQLObjectType,
  selection: Selection,
  steps: Steps,
): string | undefined {
  const affected = selection
    .on(type)
    .filter(
      ({ responseKey, field }) =>
        field.fallback?.value === undefined && steps.ways.get(responseKey)?.includes(way),
    );
  const first = affected.find(({ field }) => isNonNullType(field.definition.type)) ?? affected[0];
  return first?.responseKey;
}
