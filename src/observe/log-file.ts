import { once } from 'node:events';
import { existsSync, mkdirSync, openSync, renameSync, statSync } from 'node:fs';
import { dirname, extname, join, parse } from 'node:path';
import type { DestinationStream } from 'pino';
import { type Destination, gatherLines } from './gather-lines.ts';

export type Rotation = 'daily' | 'hourly' | 'never';

/** `close` resolves when everything has been written. */
export type ClosableStream = DestinationStream & { close(): Promise<void> };

/** Length of the ISO 8601 text that tells one period from the next: `2026-11-21` or `2026-11-21T14`. */
const STAMP_LENGTH = { daily: 10, hourly: 13 } as const;
const PERIOD = { daily: 86_400_000, hourly: 3_600_000 } as const;

/**
 * A log file that is appended to. At the turn of the day or hour (UTC) what is there is put aside as
 * `name.2026-11-21.log`, and the file begins anew. `wall` gives milliseconds since 1970. Throws as `node:fs` does.
 */
export function openLogFile(file: string, rotation: Rotation, wall: () => number = Date.now): ClosableStream {
  if (rotation !== 'never' && existsSync(file)) {
    const written = statSync(file).mtimeMs;
    if (periodOf(written, rotation) < periodOf(wall(), rotation)) putAside(file, written, rotation);
  }
  let stream = append(file);
  let closed = false;
  const close = () => {
    closed = true;
    return endStream(stream);
  };
  let period = rotation === 'never' ? 0 : periodOf(wall(), rotation);
  return {
    write(line) {
      // A line that comes too late is lost; thrown from here, an error would take the whole process along.
      if (closed) return;
      if (rotation === 'never') return void stream.write(line);
      const now = periodOf(wall(), rotation);
      if (now !== period) {
        // What it has not written yet follows the file under its new name.
        stream.end();
        putAside(file, period * PERIOD[rotation], rotation);
        stream = append(file);
        period = now;
      }
      stream.write(line);
    },
    close,
  };
}

/** Resolves when everything has been written. */
export async function endStream(stream: Destination): Promise<void> {
  const closed = once(stream, 'close');
  stream.end();
  await closed;
}

/** Opened before it is given out, so that a path that can't be written to is told at once, and nothing waits for it. */
function append(file: string): Destination {
  mkdirSync(dirname(file), { recursive: true });
  return gatherLines(openSync(file, 'a'));
}

function periodOf(wall: number, rotation: 'daily' | 'hourly'): number {
  return Math.floor(wall / PERIOD[rotation]);
}

/** Renames the file by the period that its lines are from; never over one that is there already. */
function putAside(file: string, wall: number, rotation: 'daily' | 'hourly'): void {
  if (!existsSync(file)) return;
  const stamp = new Date(wall).toISOString().slice(0, STAMP_LENGTH[rotation]);
  const base = join(dirname(file), parse(file).name);
  let name = `${base}.${stamp}${extname(file)}`;
  for (let n = 1; existsSync(name); n += 1) name = `${base}.${stamp}.${n}${extname(file)}`;
  renameSync(file, name);
}
