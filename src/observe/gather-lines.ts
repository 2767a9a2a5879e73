import type { destination } from 'pino';

type Destination = ReturnType<typeof destination>;

/** Characters that are handed over together: a write to the system costs as much as to make thirty lines. */
const ENOUGH = 16_000;
/** Milliseconds for which a line may wait for others. */
const PATIENCE = 100;

/**
 * Makes a destination write many lines together, and gives it back. What waits is handed over before the destination
 * is flushed or ended, so that it is also written where the process ends in any way but a sudden one.
 */
export function gatherLines(stream: Destination): Destination {
  let gathered = '';
  let isTimed = false;
  const write = stream.write.bind(stream);
  const handOver = (): boolean => {
    const lines = gathered;
    gathered = '';
    return lines === '' || write(lines);
  };
  const onTime = () => {
    isTimed = false;
    handOver();
  };
  for (const name of ['flush', 'flushSync', 'end'] as const) {
    const method = stream[name] as (...args: unknown[]) => void;
    stream[name] = (...args: unknown[]) => {
      handOver();
      method.apply(stream, args);
    };
  }
  stream.write = (line) => {
    gathered += line;
    if (gathered.length >= ENOUGH) return handOver();
    if (!isTimed) setTimeout(onTime, PATIENCE).unref();
    isTimed = true;
    return true;
  };
  return stream;
}
