import { describe, expect, it } from 'vitest';
import { createBalancer, type Load } from '../../src/upstream/balance.ts';

interface Server extends Load {
  readonly name: string;
  inFlight: number;
}

const servers = (...loads: number[]): Server[] =>
  loads.map((inFlight, index) => ({ name: 'abcdefgh'[index] as string, inFlight }));

/** Numbers that look random and are the same in every run. */
function fixedRandom(): () => number {
  let seed = 1;
  return () => {
    seed = (seed * 48_271) % 2_147_483_647;
    return seed / 2_147_483_647;
  };
}

function tally(kind: 'round-robin' | 'least-connections' | 'random-two', list: Server[], calls: number) {
  const pick = createBalancer(kind, fixedRandom());
  const counts: Record<string, number> = {};
  for (let i = 0; i < calls; i++) {
    const { name } = pick(list);
    counts[name] = (counts[name] ?? 0) + 1;
  }
  return counts;
}

describe('round-robin', () => {
  it('gives every target the same number of calls', () => {
    expect(tally('round-robin', servers(0, 0, 0), 300)).toEqual({ a: 100, b: 100, c: 100 });
  });
});

describe('least-connections', () => {
  it('goes to the one with the fewest calls', () => {
    expect(tally('least-connections', servers(3, 1, 2), 10)).toEqual({ b: 10 });
  });

  it('takes turns among equals', () => {
    expect(tally('least-connections', servers(0, 0, 5), 300)).toEqual({ a: 150, b: 150 });
    expect(tally('least-connections', servers(0, 0, 0), 300)).toEqual({ a: 100, b: 100, c: 100 });
  });

  it('evens out loads that begin uneven', () => {
    const list = servers(9, 0, 0);
    const pick = createBalancer('least-connections', fixedRandom());
    for (let i = 0; i < 21; i++) pick(list).inFlight++;
    expect(list.map((server) => server.inFlight)).toEqual([10, 10, 10]);
  });
});

describe('random-two', () => {
  it('spreads calls over all, and never takes the most loaded of them', () => {
    const counts = tally('random-two', servers(0, 0, 0, 9), 3000);
    expect(counts.d).toBeUndefined();
    for (const name of ['a', 'b', 'c']) expect(counts[name]).toBeGreaterThan(800);
  });

  it('keeps growing loads close together', () => {
    const list = servers(0, 0, 0, 0);
    const pick = createBalancer('random-two', fixedRandom());
    for (let i = 0; i < 1000; i++) pick(list).inFlight++;
    for (const { inFlight } of list) expect(Math.abs(inFlight - 250)).toBeLessThanOrEqual(3);
  });

  it('does with a single one', () => {
    expect(tally('random-two', servers(7), 5)).toEqual({ a: 5 });
  });
});
