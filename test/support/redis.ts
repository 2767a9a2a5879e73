import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { createConnection } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { freePort } from './free-port.ts';
import { findSoftware } from './software.ts';

/** A Redis of a test's own, in a process of its own. */
export interface TestRedis {
  /** redis://127.0.0.1:port */
  readonly url: string;
  readonly port: number;
  /** Ends it at once, as a crash would; what it held is gone. */
  stop(): Promise<void>;
  /** Starts it again on the same port, empty. */
  start(): Promise<void>;
  /** It keeps its connections and answers nothing, until `resume`. */
  pause(): void;
  resume(): void;
  /** Stops it for good. */
  close(): Promise<void>;
}

/** Whether there is a Redis server to test with; says aloud what is skipped if not: `describe.skipIf(!hasRedis(…))`. */
export function hasRedis(what: string): boolean {
  return findSoftware('redis-server', what) !== undefined;
}

/** Starts one on a free port of 127.0.0.1; `moreArgs` as redis-server takes them. */
export async function startRedis(
  moreArgs: readonly string[] | ((port: number) => readonly string[]) = [],
): Promise<TestRedis> {
  const folder = await mkdtemp(path.join(tmpdir(), 'portico-redis-'));
  const port = await freePort();
  const more = typeof moreArgs === 'function' ? moreArgs(port) : moreArgs;
  // Redis wants its file before everything else.
  const file = more.slice(0, more[0]?.startsWith('--') === false ? 1 : 0);
  const args = more.slice(file.length);
  let child: ChildProcess | undefined;

  async function start(): Promise<void> {
    const own = [
      '--port',
      String(port),
      '--bind',
      '127.0.0.1',
      '--dir',
      folder,
      '--save',
      '',
      '--appendonly',
      'no',
    ];
    const started = spawn('redis-server', [...file, ...own, ...args], { stdio: ['ignore', 'pipe', 'pipe'] });
    child = started;
    let said = '';
    started.stdout.on('data', (chunk) => {
      said += chunk;
    });
    const gone = once(started, 'exit').then(() => {
      throw new Error(`redis-server did not start: ${said}`);
    });
    gone.catch(() => {});
    // Its own line may be in another place than on the standard output, by `args`.
    await Promise.race([untilOpen(port), gone]);
  }

  async function stop(): Promise<void> {
    if (child === undefined || child.exitCode !== null || child.signalCode !== null) return;
    const gone = once(child, 'exit');
    child.kill('SIGKILL');
    await gone;
  }

  await start();
  return {
    url: `redis://127.0.0.1:${port}`,
    port,
    start,
    stop,
    pause: () => void child?.kill('SIGSTOP'),
    resume: () => void child?.kill('SIGCONT'),
    async close() {
      await stop();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

/** Resolves when something takes connections on this port of 127.0.0.1. */
export async function untilOpen(port: number): Promise<void> {
  while (!(await isOpen(port))) await delay(10);
}

function isOpen(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = createConnection(port, '127.0.0.1');
    socket.once('connect', () => {
      socket.destroy();
      resolve(true);
    });
    socket.once('error', () => resolve(false));
  });
}
