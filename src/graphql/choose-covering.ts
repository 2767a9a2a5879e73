/**
 * The fewest candidates that together cover all that can be covered of `needs`, in their order; among equally
 * few the ones named first, as far as that costs no search. With nothing to cover it is none.
 */
export function chooseCovering<C, N>(
  candidates: readonly C[],
  needs: readonly N[],
  covers: (candidate: C, need: N) => boolean,
): readonly C[] {
  const reachable = needs.filter((need) => candidates.some((candidate) => covers(candidate, need)));
  if (reachable.length === 0) return [];
  if (candidates.length === 1) return candidates;
  const chosen = new Set<C>();
  let open = reachable;
  let others = candidates;
  // What has no choice is settled first: it leaves little to search, however many candidates there are.
  for (;;) {
    const sole = others.filter((one) => open.some((need) => isSole(one, need, others, covers)));
    for (const one of sole) chosen.add(one);
    open = open.filter((need) => !sole.some((one) => covers(one, need)));
    const left = others.filter((one) => !sole.includes(one) && !isOutdone(one, open, others, covers));
    if (left.length === others.length) break;
    others = left;
  }
  for (const one of fewest(others, open, covers)) chosen.add(one);
  return candidates.filter((one) => chosen.has(one));
}

type Covers<C, N> = (candidate: C, need: N) => boolean;

function isSole<C, N>(one: C, need: N, all: readonly C[], covers: Covers<C, N>): boolean {
  return covers(one, need) && all.every((other) => other === one || !covers(other, need));
}

/** Whether another one covers all that this one does, and more, or the same and is named before. */
function isOutdone<C, N>(one: C, needs: readonly N[], all: readonly C[], covers: Covers<C, N>): boolean {
  const own = needs.filter((need) => covers(one, need));
  const index = all.indexOf(one);
  return all.some((other, at) => {
    if (other === one || !own.every((need) => covers(other, need))) return false;
    return at < index || needs.some((need) => covers(other, need) && !covers(one, need));
  });
}

/** The smallest combination that covers every need, tried out by size and in order. */
function fewest<C, N>(candidates: readonly C[], needs: readonly N[], covers: Covers<C, N>): readonly C[] {
  if (needs.length === 0) return [];
  const extend = (chosen: readonly C[], from: number, size: number): readonly C[] | undefined => {
    const missing = needs.filter((need) => !chosen.some((one) => covers(one, need)));
    if (missing.length === 0) return chosen;
    if (chosen.length === size) return undefined;
    for (let i = from; i < candidates.length; i++) {
      const found = extend([...chosen, candidates[i] as C], i + 1, size);
      if (found !== undefined) return found;
    }
    return undefined;
  };
  for (let size = 1; size < candidates.length; size++) {
    const found = extend([], 0, size);
    if (found !== undefined) return found;
  }
  return candidates;
}
