import type { destination } from 'pino';

type Destination = ReturnType<typeof destination>;

/** Bytes that a destination given to `gatherLines` is to hold back (its `minLength`); with more it writes by itself. */
export const GATHERED = 8192;

/**
 * Gives a way to write lines to a destination so that those of one turn of the event loop go out together: a write to
 * the system for each line costs more than to make it. Nothing is held back for longer than a turn, or than the write
 * before it takes; what is held back when the process ends is the destination's business, as ever.
 */
export function gatherLines(stream: Destination): (line: string) => void {
  let bytes = 0;
  let isDue = false;
  const flush = () => {
    isDue = false;
    // While a write is under way this does nothing, and is done again when that is over.
    if (bytes > 0) stream.flush();
  };
  stream.on('write', (written: number) => {
    bytes -= written;
  });
  stream.on('drain', () => {
    if (!isDue) flush();
  });
  return (line) => {
    bytes += Buffer.byteLength(line);
    stream.write(line);
    if (isDue) return;
    isDue = true;
    setImmediate(flush);
  };
}
