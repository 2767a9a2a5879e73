/** The middle value; of an even number of values the mean of the middle two. */
export function median(values) {
  const sorted = values.toSorted((left, right) => left - right);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
}

/** A row with the median of each figure over its rounds; without figures if it has no valid round. */
function summariseRow({ samples = [], ...row }) {
  if (row.invalid !== undefined || samples.length === 0) return row;
  const figures = Object.keys(samples[0]).map((key) => [key, median(samples.map((sample) => sample[key]))]);
  return { ...row, figures: Object.fromEntries(figures) };
}

/**
 * A row's requests per second as a multiple of Portico's: the median of what it was in each round, in which one comes
 * soon after the other, so that a change of the machine between two rounds is in neither.
 */
function ratioTo(own, { samples }) {
  return median(samples.map(({ perSecond }, round) => perSecond / own.samples[round].perSecond));
}

/** Workloads with their rows, summed up: medians, and the ratio to Portico, where both ran. */
export function summarise(bouts) {
  return bouts.map(({ workload, rows }) => {
    const isWhole = ({ figures }) => figures !== undefined;
    const pairs = rows.map((row) => ({ row, summed: summariseRow(row) }));
    const own = pairs.find(({ summed }) => summed.name === 'portico' && isWhole(summed))?.row;
    for (const { row, summed } of pairs)
      if (own !== undefined && isWhole(summed)) summed.ratio = ratioTo(own, row);
    return { id: workload.id, title: workload.title, rows: pairs.map(({ summed }) => summed) };
  });
}
