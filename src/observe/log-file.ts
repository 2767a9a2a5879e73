import { existsSync, renameSync, statSync } from 'node:fs';
import { dirname, extname, join, parse } from 'node:path';
import { type DestinationStream, destination } from 'pino';

export type Rotation = 'daily' | 'hourly' | 'never';

/** Length of the ISO 8601 text that tells one period from the next: `2026-11-21` or `2026-11-21T14`. */
const STAMP_LENGTH = { daily: 10, hourly: 13 } as const;
const PERIOD = { daily: 86_400_000, hourly: 3_600_000 } as const;

/**
 * A log file that is appended to. At the turn of the day or hour (UTC) what is there is put aside as
 * `name.2026-11-21.log`, and the file begins anew. `wall` gives milliseconds since 1970.
 */
export function openLogFile(
  file: string,
  rotation: Rotation,
  wall: () => number = Date.now,
): DestinationStream & { close(): void } {
  if (rotation !== 'never' && existsSync(file)) {
    const written = statSync(file).mtimeMs;
    if (periodOf(written, rotation) < periodOf(wall(), rotation)) putAside(file, written, rotation);
  }
  const stream = destination({ dest: file, mkdir: true, append: true, sync: false });
  const close = () => {
    stream.flushSync();
    stream.end();
  };
  if (rotation === 'never') return { write: (line) => void stream.write(line), close };

  let period = periodOf(wall(), rotation);
  return {
    write(line) {
      const now = periodOf(wall(), rotation);
      if (now !== period) {
        stream.flushSync();
        putAside(file, period * PERIOD[rotation], rotation);
        stream.reopen();
        period = now;
      }
      stream.write(line);
    },
    close,
  };
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
