import { destination } from 'pino';

export type Destination = ReturnType<typeof destination>;

/** Bytes that are handed over together: to hand them over and hear back costs as much as to make a hundred lines. */
const BLOCK = 262_144;
/** Bytes that a character (a unit of a string) takes at the most. */
const WIDEST = 3;
/** Milliseconds for which a line may wait for others. */
const PATIENCE = 100;

/**
 * A destination for log lines, a file descriptor, that writes many of them together. What waits is handed over before
 * the destination is flushed or ended, so that it is also written where the process ends in any way but a sudden one.
 * A line becomes bytes at once: texts that wait for each other are a burden on the garbage collector.
 */
export function gatherLines(fd: number): Destination {
  // With no bound at all it would not wait for anything in `flush`.
  const stream = destination({ dest: fd, sync: false, minLength: 1, contentMode: 'buffer' });
  const { flush, flushSync, end } = stream;
  const write = stream.write as unknown as (bytes: Buffer) => boolean;
  const block = Buffer.allocUnsafeSlow(BLOCK);
  let used = 0;
  let isTimed = false;
  const handOver = (): boolean => {
    if (used === 0) return true;
    const lines = Buffer.from(block.subarray(0, used));
    used = 0;
    return write.call(stream, lines);
  };
  const onTime = () => {
    isTimed = false;
    handOver();
  };
  stream.write = (line) => {
    const most = WIDEST * line.length;
    const flows = used + most <= BLOCK || handOver();
    if (most > BLOCK) return write.call(stream, Buffer.from(line));
    used += block.write(line, used);
    if (!isTimed) setTimeout(onTime, PATIENCE).unref();
    isTimed = true;
    return flows;
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
