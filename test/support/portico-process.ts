import { type ChildProcess, spawn } from 'node:child_process';
import path from 'node:path';

const ROOT = path.resolve(import.meta.dirname, '../..');
const MAIN = path.join(ROOT, 'src/cli/main.ts');
const TSX = import.meta.resolve('tsx');

export interface ProcessOptions {
  readonly cwd: string;
  readonly env?: Readonly<Record<string, string>>;
}

export interface Finished {
  /** Exit code; null if a signal ended it. */
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** A `portico` process that runs until it ends by itself or is told to. */
export interface PorticoProcess {
  readonly child: ChildProcess;
  /** Resolves with the first line on `stream` that matches; rejects if the process ends without one. */
  line(stream: 'stdout' | 'stderr', pattern: RegExp): Promise<string>;
  readonly finished: Promise<Finished>;
}

/** Runs the real command line from source, in a process of its own, with an environment of its own. */
export function startPortico(args: readonly string[], { cwd, env = {} }: ProcessOptions): PorticoProcess {
  const child = spawn(process.execPath, ['--import', TSX, MAIN, ...args], {
    cwd,
    env: { PATH: process.env.PATH ?? '', HOME: process.env.HOME ?? '', NO_COLOR: '1', ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const text = { stdout: '', stderr: '' };
  const waiting = new Set<() => void>();
  const collect = (stream: 'stdout' | 'stderr') => {
    child[stream]?.setEncoding('utf8').on('data', (chunk: string) => {
      text[stream] += chunk;
      for (const look of waiting) look();
    });
  };
  collect('stdout');
  collect('stderr');
  const finished = new Promise<Finished>((resolve) => {
    child.on('close', (code) => resolve({ code, ...text }));
  });
  return {
    child,
    finished,
    line: (stream, pattern) => waitForLine(() => text[stream], pattern, waiting, finished),
  };
}

/** Runs a command to its end. */
export function runPortico(args: readonly string[], options: ProcessOptions): Promise<Finished> {
  return startPortico(args, options).finished;
}

function waitForLine(
  read: () => string,
  pattern: RegExp,
  waiting: Set<() => void>,
  finished: Promise<Finished>,
): Promise<string> {
  return new Promise((resolve, reject) => {
    const look = () => {
      const lines = read().split('\n');
      const found = lines.slice(0, -1).find((line) => pattern.test(line));
      if (found === undefined) return;
      waiting.delete(look);
      resolve(found);
    };
    waiting.add(look);
    look();
    void finished.then(({ code, stderr }) => {
      waiting.delete(look);
      reject(new Error(`ended with ${code} and no line like ${pattern}:\n${stderr}`));
    });
  });
}
