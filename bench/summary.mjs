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
 * Workloads with their rows, summed up: medians, and for each row its requests per second as a multiple of
 * Portico's, where both ran.
 */
export function summarise(bouts) {
  return bouts.map(({ workload, rows }) => {
    const summed = rows.map(summariseRow);
    const own = summed.find(({ name }) => name === 'portico')?.figures?.perSecond;
    for (const row of summed) {
      if (own !== undefined && row.figures !== undefined) row.ratio = row.figures.perSecond / own;
    }
    return { id: workload.id, title: workload.title, rows: summed };
  });
}
