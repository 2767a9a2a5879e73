import type { ServiceConfig } from '../config/schema/service.ts';

/** What a balancer must know of a target. */
export interface Load {
  readonly inFlight: number;
}

/** Chooses one of the candidates; there is at least one. */
export type Pick = <T extends Load>(candidates: readonly T[]) => T;

/** One after the other. */
function roundRobin(): Pick {
  let next = 0;
  return (candidates) => {
    next = (next + 1) % Number.MAX_SAFE_INTEGER;
    return candidates[next % candidates.length] as (typeof candidates)[number];
  };
}

/** The one with the fewest calls under way; among equals, in turn. */
function leastConnections(): Pick {
  let turn = 0;
  return (candidates) => {
    let fewest = Number.POSITIVE_INFINITY;
    let equals = 0;
    for (const { inFlight } of candidates) {
      if (inFlight < fewest) {
        fewest = inFlight;
        equals = 1;
      } else if (inFlight === fewest) {
        equals++;
      }
    }
    turn = (turn + 1) % Number.MAX_SAFE_INTEGER;
    let ahead = turn % equals;
    return candidates.find(
      ({ inFlight }) => inFlight === fewest && ahead-- === 0,
    ) as (typeof candidates)[number];
  };
}

/**
 * The less loaded of two different ones drawn at random: nearly as even as looking at all of them, and many gateways
 * that do it don't all rush to the same target (Mitzenmacher, "The Power of Two Choices", 2001).
 */
function randomTwo(random: () => number): Pick {
  return (candidates) => {
    const first = Math.floor(random() * candidates.length);
    if (candidates.length === 1) return candidates[0] as (typeof candidates)[number];
    const offset = 1 + Math.floor(random() * (candidates.length - 1));
    const a = candidates[first] as (typeof candidates)[number];
    const b = candidates[(first + offset) % candidates.length] as (typeof candidates)[number];
    return b.inFlight < a.inFlight ? b : a;
  };
}

/** The balancer of that name; `random` gives numbers from 0 up to, not including, 1. */
export function createBalancer(kind: ServiceConfig['balance'], random: () => number): Pick {
  if (kind === 'least-connections') return leastConnections();
  return kind === 'random-two' ? randomTwo(random) : roundRobin();
}
