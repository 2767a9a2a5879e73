import type { CompiledSchema } from '../compile-schema.ts';
import { covers } from '../provided.ts';
import { thisPaths, type Way } from '../way.ts';
import { batchesFor } from './count-calls.ts';
import type { Place, PlacedField, VariableValues } from './place.ts';
import { itemsOf } from './weigh.ts';

/** Objects that all ways to a place may bring, and the answers that they may come with. */
interface Arrivals {
  objects: number;
  answers: number;
}

/**
 * A bound on the upstream calls of an operation that has no plan: every connector of every field, and for every
 * object each call that might bring what is selected of it, needed or not. What resolvers of one's own call is not
 * in it. Each place is looked at once. Throws BAD_USER_INPUT as `listSizeOf` does.
 */
export function estimateCalls(root: Place, compiled: CompiledSchema, variables: VariableValues): number {
  const arrivals = new Map<Place, Arrivals>([[root, { objects: 1, answers: 1 }]]);
  let calls = 0;
  for (const place of inOrder(root)) {
    const { objects, answers } = arrivals.get(place) as Arrivals;
    const fetched = place === root ? 0 : fetchesFor(place, compiled, objects, answers);
    calls += fetched;
    for (const field of place.fields) {
      const made = callsOf(field, place === root ? 1 : objects);
      calls += made;
      const items = objects * itemsOf(field, variables);
      for (const below of field.below) {
        const there = arrivals.get(below) ?? { objects: 0, answers: 0 };
        arrivals.set(below, {
          objects: there.objects + items,
          answers: there.answers + answers + fetched + made,
        });
      }
    }
  }
  return calls;
}

/** All places, each after those that hold it. */
function inOrder(root: Place): Place[] {
  const order: Place[] = [];
  const seen = new Set<Place>();
  const visit = (place: Place): void => {
    if (seen.has(place)) return;
    seen.add(place);
    for (const { below } of place.fields) for (const one of below) visit(one);
    order.push(place);
  };
  visit(root);
  return order.reverse();
}

/** Calls of a field's own connectors: one that looks at nothing of its object is the same for all. */
function callsOf({ field }: PlacedField, objects: number): number {
  if (field.custom !== undefined) return 0;
  let calls = 0;
  for (const connector of field.connectors)
    if (connector.request !== undefined) calls += thisPaths(connector).length > 0 ? objects : 1;
  return calls;
}

/** Calls that may be made to complete the objects of a place. */
function fetchesFor(place: Place, compiled: CompiledSchema, objects: number, answers: number): number {
  const ways = waysFor(place, compiled.ways(place.type));
  let calls = 0;
  // The key of one may come with the answer of another.
  for (let round = 0; round < ways.length; round++) {
    const groups = answers + calls;
    calls = ways.reduce(
      (sum, { mode, connector }) =>
        sum + (mode === 'batch' ? batchesFor(objects, groups, connector.maxBatch) : objects),
      0,
    );
  }
  return calls;
}

/** The ways that bring anything that is selected, or of the key of one that does. */
function waysFor({ fields }: Place, ways: readonly Way[]): readonly Way[] {
  const needs = fields.flatMap(needsOf);
  const chosen = new Set<Way>();
  for (let i = 0; i < needs.length; i++) {
    const need = needs[i] as readonly string[];
    for (const way of ways) {
      if (chosen.has(way) || way.connector.request === undefined || !covers(way.provides, need)) continue;
      chosen.add(way);
      needs.push(...way.key);
    }
  }
  return [...chosen];
}

function needsOf({ field }: PlacedField): readonly (readonly string[])[] {
  if (field.custom !== undefined) return field.custom.requires.map((name) => [name]);
  return field.connectors.length > 0 ? field.connectors.flatMap(thisPaths) : [[field.name]];
}
