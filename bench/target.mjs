/** At least this multiple of another contender's requests per second, in the same run. */
const ratio = (id, other, least) => ({
  text: `${id}: at least ${least} of ${other}`,
  holds: (row) => {
    const theirs = row(id, other)?.ratio;
    if (theirs === undefined) return undefined;
    const value = 1 / theirs;
    return { value: value.toFixed(2), met: value >= least };
  },
});

/** At most so many milliseconds for half of the answers. */
const latency = (id, most) => ({
  text: `${id}: p50 under ${most} ms`,
  holds: (row) => {
    const own = row(id, 'portico')?.figures;
    return own && { value: `${own.p50.toFixed(1)} ms`, met: own.p50 < most };
  },
});

/** What Portico wants to reach, as ratios within one run. */
const targets = [
  ratio('Q1b', 'hand', 0.8),
  ratio('Q2b', 'hand', 0.8),
  ratio('Q1b', 'mercurius', 3),
  ratio('Q1b', 'tailcall', 3),
  ratio('Q1a', 'ready-made', 0.75),
  ratio('Q3a', 'ready-made', 0.6),
  ratio('P1', 'fastify-http-proxy', 1.5),
  ratio('P2', 'fastify-http-proxy', 1.5),
  ratio('P1', 'bare-proxy', 0.9),
  ratio('P2', 'bare-proxy', 0.9),
  // Where each request is a call of its own, as it is for all other proxies.
  ratio('P1b', 'fastify-http-proxy', 1.5),
  ratio('P2b', 'fastify-http-proxy', 1.5),
  ratio('P1b', 'bare-proxy', 0.9),
  ratio('P2b', 'bare-proxy', 0.9),
  latency('Q1s', 44),
  latency('deeps', 5 * 20 + 6),
];

/** Each target with what was reached; `met` is undefined where this run cannot tell. */
export function judgeTargets(summary) {
  const row = (id, name) =>
    summary.find((workload) => workload.id === id)?.rows.find((one) => one.name === name);
  return targets.map(({ text, holds }) => ({ text, ...holds(row) }));
}
