import { destination } from 'pino';

export type Destination = ReturnType<typeof destination>;

/** Characters that are handed over together: a write to the system costs as much as to make thirty lines. */
const ENOUGH = 16_000;
/** Milliseconds for which a line may wait for others. */
const PATIENCE = 100;

/**
 * A destination for log lines, a file descriptor, that writes many of them together. What waits is handed over before
 * the destination is flushed or ended, so that it is also written where the process ends in any way but a sudden one.
 */
export function gatherLines(fd: number): Destination {
  // With no bound at all it would not wait for anything in `flush`.
  const stream = destination({ dest: fd, sync: false, minLength: 1 });
  const { write, flush, flushSync, end } = stream;
  let gathered = '';
  let isTimed = false;
  const handOver = (): boolean => {
    const lines = gathered;
    gathered = '';
    return lines === '' || write.call(stream, lines);
  };
  const onTime = () => {
    isTimed = false;
    handOver();
  };
  stream.write = (line) => {
    gathered += line;
    if (gathered.length >= ENOUGH) return handOver();
    if (!isTimed) setTimeout(onTime, PATIENCE).unref();
    isTimed = true;
    return true;
  };
  stream.flush = (done) => {
    handOver();
    flush.call(stream, done);
  };
  stream.flushSync = () => {
    // A write in the background that began now might not come to its end any more.
    Object.assign(stream, { minLength: Number.POSITIVE_INFINITY });
    handOver();
    flushSync.call(stream);
    Object.assign(stream, { minLength: 1 });
  };
  stream.end = () => {
    handOver();
    end.call(stream);
  };
  return stream;
}
