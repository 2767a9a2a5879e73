/**
 * The fewest candidates that together cover all that can be covered of `needs`; among equally few the
 * ones named first. With nothing to cover it is none.
 */
export function chooseCovering<C, N>(
  candidates: readonly C[],
  needs: readonly N[],
  covers: (candidate: C, need: N) => boolean,
): readonly C[] {
  const reachable = needs.filter((need) => candidates.some((candidate) => covers(candidate, need)));
  if (reachable.length === 0) return [];
  for (let size = 1; size < candidates.length; size++) {
    const found = firstCombination(candidates, size, (chosen) =>
      reachable.every((need) => chosen.some((candidate) => covers(candidate, need))),
    );
    if (found !== undefined) return found;
  }
  return candidates;
}

/** The first combination of so many items, in the order of the list, that is accepted. */
function firstCombination<C>(
  items: readonly C[],
  size: number,
  accept: (chosen: readonly C[]) => boolean,
): readonly C[] | undefined {
  const extend = (chosen: readonly C[], from: number): readonly C[] | undefined => {
    if (chosen.length === size) return accept(chosen) ? chosen : undefined;
    for (let i = from; i <= items.length - (size - chosen.length); i++) {
      const found = extend([...chosen, items[i] as C], i + 1);
      if (found !== undefined) return found;
    }
    return undefined;
  };
  return extend([], 0);
}
