import { chooseCovering } from './choose-covering.ts';
import { covers } from './provided.ts';
import { needsOfField, type ObjectPlan, type SelectedField } from './selection.ts';
import type { Way } from './way.ts';

/**
 * The calls for which all is at hand or can be had, each with its distance: 0 if the key is at hand, 1 if it takes
 * an answer of one at distance 0, and so on. A key is only ever fetched from nearer ones, so nobody waits in a circle.
 */
export type Ways = ReadonlyMap<Way, number>;

type Has = (path: readonly string[]) => boolean;

export function rankWays(connectors: readonly Way[], has: Has): Ways {
  const ways = new Map<Way, number>();
  for (let distance = 0; ; distance++) {
    const nearer = [...ways.keys()];
    const found = connectors.filter(
      (one) => !ways.has(one) && one.key.every((path) => has(path) || nearer.some((way) => gives(way, path))),
    );
    if (found.length === 0) return ways;
    for (const one of found) ways.set(one, distance);
  }
}

/** How to get what the selection asks for and the object lacks: by the fewest calls that give all of it. */
export function planObject(selected: readonly SelectedField[], ways: Ways, has: Has): ObjectPlan {
  const lacking = selected.flatMap((entry) => {
    const paths = needsOfField(entry).filter((path) => path.length > 0 && !has(path));
    return paths.length === 0 ? [] : [{ key: entry.responseKey, paths }];
  });
  const paths = lacking.flatMap((entry) => entry.paths);
  const chosen = chooseCovering(byEffort(ways), paths, gives);
  return new Map(
    lacking.map((entry) => [entry.key, chosen.filter((way) => isFirst(way, entry.paths, chosen))]),
  );
}

/** The nearest way that gives the path, out of those below a distance. */
export function wayTo(ways: Ways, path: readonly string[], below: number): Way | undefined {
  return byEffort(ways).find((way) => (ways.get(way) as number) < below && gives(way, path));
}

function gives(way: Way, path: readonly string[]): boolean {
  return covers(way.provides, path);
}

/** Whether it is the one, among those called, that some path is taken from. */
function isFirst(way: Way, paths: readonly (readonly string[])[], chosen: readonly Way[]): boolean {
  return paths.some((path) => chosen.find((one) => gives(one, path)) === way);
}

/** The nearest first; at the same distance, many entities in one call before one by one. */
function byEffort(ways: Ways): Way[] {
  const effort = (way: Way) => (ways.get(way) as number) * 2 + (way.mode === 'batch' ? 0 : 1);
  return [...ways.keys()].sort((a, b) => effort(a) - effort(b));
}
