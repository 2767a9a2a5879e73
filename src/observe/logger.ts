import { isatty } from 'node:tty';
import { type Logger, type LoggerOptions, pino } from 'pino';
import pretty from 'pino-pretty';
import { openLogFile } from './log-file.ts';

export type { Logger };

/** `telemetry.logs` of the configuration. */
export interface LogOptions {
  readonly level: string;
  /** `auto`: when standard output is a terminal. */
  readonly pretty: boolean | 'auto';
  /** Absolute path; empty: standard output. */
  readonly file: string;
  readonly rotate: 'daily' | 'hourly' | 'never';
  /** Names of fields whose values are never written, at the top or up to two levels below it. */
  readonly redact: readonly string[];
}

export interface OpenLog {
  readonly logger: Logger;
  /** Resolves when every line has been written. */
  close(): Promise<void>;
}

/** A logger of JSON lines (or readable ones) with the wall time in ISO 8601. Throws as `node:fs` does for `file`. */
export function createLogger(options: LogOptions): OpenLog {
  const settings: LoggerOptions = {
    level: options.level,
    base: null,
    timestamp: pino.stdTimeFunctions.isoTime,
    formatters: { level: (label) => ({ level: label }) },
    redact: { paths: options.redact.flatMap(redactPaths), censor: '[redacted]' },
  };
  if (options.file !== '') {
    const file = openLogFile(options.file, options.rotate);
    return { logger: pino(settings, file), close: () => file.close() };
  }
  const readable = options.pretty === 'auto' ? isatty(1) : options.pretty;
  if (readable) {
    const stream = pretty({ sync: true, ignore: 'pid,hostname', translateTime: 'SYS:HH:MM:ss.l' });
    return { logger: pino(settings, stream), close: async () => void stream.end() };
  }
  const destination = pino.destination({ dest: 1, sync: false });
  return { logger: pino(settings, destination), close: () => flush(destination) };
}

/** Standard output stays open: others write to it too. */
function flush(stream: ReturnType<typeof pino.destination>): Promise<void> {
  return new Promise((resolve) => stream.flush(() => resolve()));
}

function redactPaths(name: string): string[] {
  if (/[.[*]/.test(name)) return [name];
  const key = `["${name}"]`;
  return [key, `*${key}`, `*.*${key}`];
}
