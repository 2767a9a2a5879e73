import { isatty } from 'node:tty';
import { type DestinationStream, type LogFn, type Logger, type LoggerOptions, pino } from 'pino';
import pretty from 'pino-pretty';
import { type Destination, gatherLines } from './gather-lines.ts';
import { timeOfLine } from './line-time.ts';
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

/** The way of a logger's lines to where they go, for lines that are made elsewhere. */
export interface RawLines {
  /** Takes a whole line with its end. */
  write(line: string): void;
  /** Whether the value of the field of this name, or something in it, must not be written. */
  hides(name: string): boolean;
}

const rawLinesOf = new WeakMap<Logger, RawLines>();

/** Undefined for a logger that was not made here, whose lines may look different: one of a program around the gateway. */
export function rawLines(logger: Logger): RawLines | undefined {
  return rawLinesOf.get(logger);
}

/** A logger of JSON lines (or readable ones) with the wall time in ISO 8601. Throws as `node:fs` does for `file`. */
export function createLogger(options: LogOptions): OpenLog {
  const settings: LoggerOptions = {
    level: options.level,
    base: null,
    timestamp: timeOfLine,
    formatters: { level: (label) => ({ level: label }) },
    redact: redaction(options.redact.flatMap(redactPaths)),
  };
  if (options.file !== '') {
    const file = openLogFile(options.file, options.rotate);
    return { logger: buildRaw(settings, options.redact, file), close: () => file.close() };
  }
  const readable = options.pretty === 'auto' ? isatty(1) : options.pretty;
  if (readable) {
    const stream = pretty({ sync: true, ignore: 'pid,hostname', translateTime: 'SYS:HH:MM:ss.l' });
    return { logger: build(settings, options.redact, stream), close: async () => void stream.end() };
  }
  const destination = gatherLines(1);
  return { logger: buildRaw(settings, options.redact, destination), close: () => flush(destination) };
}

function buildRaw(settings: LoggerOptions, redact: readonly string[], stream: DestinationStream): Logger {
  const logger = build(settings, redact, stream);
  const names = new Set(redact.map(topName));
  rawLinesOf.set(logger, {
    write: (line) => stream.write(line),
    hides: (name) => names.has(name) || names.has(ANY_NAME),
  });
  return logger;
}

/**
 * To look below the top of a line for what is to be hidden costs twice as much as to write it, and the line that every
 * request has is flat: such lines go to a twin of the logger that looks at the top alone.
 */
function build(settings: LoggerOptions, redact: readonly string[], stream: DestinationStream): Logger {
  if (!redact.every(isPlainName)) return pino(settings, stream);
  const logger: Logger = pino({ ...settings, hooks: { logMethod } }, stream);
  const flat = logger.child({}, { redact: redaction(redact.map(atTop)) });
  function logMethod(this: Logger, args: Parameters<LogFn>, method: LogFn): void {
    method.apply(this === logger && isFlat(args[0]) ? flat : this, args);
  }
  return logger;
}

function isFlat(value: unknown): boolean {
  if (typeof value !== 'object' || value === null) return true;
  if (value instanceof Error) return false;
  for (const field of Object.values(value)) if (typeof field === 'object' && field !== null) return false;
  return true;
}

/** Standard output stays open: others write to it too. */
function flush(stream: Destination): Promise<void> {
  return new Promise((resolve) => stream.flush(() => resolve()));
}

function redaction(paths: string[]): Exclude<LoggerOptions['redact'], string[] | undefined> {
  return { paths, censor: '[redacted]' };
}

function redactPaths(name: string): string[] {
  if (!isPlainName(name)) return [name];
  const key = atTop(name);
  return [key, `*${key}`, `*.*${key}`];
}

/** Else it is a path already. */
function isPlainName(name: string): boolean {
  return !/[.[*]/.test(name);
}

const ANY_NAME = '*';

/** The field at the top that a name or path to hide begins with. */
function topName(name: string): string {
  return /^[^.[*]+/.exec(name)?.[0] ?? ANY_NAME;
}

function atTop(name: string): string {
  return `["${name}"]`;
}
