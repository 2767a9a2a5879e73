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

/** A logger of JSON lines (or readable ones) with the wall time in ISO 8601. `close` writes what is left. */
export function createLogger(options: LogOptions): { logger: Logger; close(): void } {
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
    return { logger: pino(settings, stream), close: () => stream.end() };
  }
  const destination = pino.destination({ dest: 1, sync: false });
  return { logger: pino(settings, destination), close: () => destination.flushSync() };
}

function redactPaths(name: string): string[] {
  if (/[.[*]/.test(name)) return [name];
  const key = `["${name}"]`;
  return [key, `*${key}`, `*.*${key}`];
}
