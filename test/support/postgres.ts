import { type ChildProcess, execFile, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir, userInfo } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import pg from 'pg';
import { freePort } from './free-port.ts';
import { findSoftware, versionFolders } from './software.ts';

/** A PostgreSQL of a test's own, in a process of its own. */
export interface TestPostgres {
  /** postgres://portico:…@127.0.0.1:port/postgres */
  readonly url: string;
  readonly port: number;
  /** Makes an empty database beside the others; gives its URL. */
  createDatabase(): Promise<string>;
  /** Ends it at once, cutting its connections; what was committed stays. */
  stop(): Promise<void>;
  /** Starts it again on the same port, with the same data. */
  start(): Promise<void>;
  /** It keeps its connections and answers nothing, until `resume`. */
  pause(): void;
  resume(): void;
  /** Stops it for good and removes it. */
  close(): Promise<void>;
}

const PLACES = versionFolders('/usr/lib/postgresql', 'bin');
const PASSWORD = 'kept-out-of-logs';
const run = promisify(execFile);

/** Whether there is PostgreSQL to test with; says aloud what is skipped if not: `describe.skipIf(!hasPostgres(…))`. */
export function hasPostgres(what: string): boolean {
  return findSoftware('initdb', what, PLACES) !== undefined;
}

/** Makes a cluster in a folder of its own and starts it on a free port of 127.0.0.1: takes two seconds or so. */
export async function startPostgres(): Promise<TestPostgres> {
  const initdb = findSoftware('initdb', 'PostgreSQL', PLACES);
  if (initdb === undefined) throw new Error('there is no PostgreSQL on this machine');
  const bin = path.dirname(initdb);
  const folder = await mkdtemp(path.join(tmpdir(), 'portico-postgres-'));
  const data = path.join(folder, 'data');
  const port = await freePort();
  const base = `postgres://portico:${PASSWORD}@127.0.0.1:${port}`;
  await initialise(initdb, folder, data);
  let child: ChildProcess | undefined;
  let databases = 0;

  async function start(): Promise<void> {
    const [program, args] = asOwner(path.join(bin, 'postgres'), [
      ...['-D', data, '-p', String(port), '-h', '127.0.0.1', '-k', folder],
      ...['-c', 'fsync=off', '-c', 'full_page_writes=off'],
      ...['-c', 'max_connections=100', '-c', 'shared_buffers=16MB'],
    ]);
    const started = spawn(program, args, {
      cwd: folder,
      stdio: ['ignore', 'ignore', 'pipe'],
    });
    child = started;
    await ready(started);
  }

  async function stop(): Promise<void> {
    if (child === undefined || hasEnded(child)) return;
    const gone = once(child, 'exit');
    // SIGQUIT: without waiting for anybody.
    child.kill('SIGQUIT');
    await gone;
  }

  async function query(text: string): Promise<void> {
    const client = new pg.Client({ connectionString: `${base}/postgres` });
    await client.connect();
    await client.query(text);
    await client.end();
  }

  await start();
  return {
    url: `${base}/postgres`,
    port,
    async createDatabase() {
      const name = `portico_${databases++}`;
      await query(`create database ${name}`);
      return `${base}/${name}`;
    },
    start,
    stop,
    pause: () => signalAll(child, 'SIGSTOP'),
    resume: () => signalAll(child, 'SIGCONT'),
    async close() {
      signalAll(child, 'SIGCONT');
      await stop();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

/** PostgreSQL refuses to run as root: then it runs as the user that its package has made. */
function asOwner(program: string, args: readonly string[]): [string, string[]] {
  return userInfo().uid === 0
    ? ['setpriv', ['--reuid=postgres', '--regid=postgres', '--clear-groups', program, ...args]]
    : [program, [...args]];
}

async function initialise(initdb: string, folder: string, data: string): Promise<void> {
  const secret = path.join(folder, 'password');
  await writeFile(secret, PASSWORD);
  if (userInfo().uid === 0) await run('chown', ['-R', 'postgres:postgres', folder]);
  await chmod(folder, 0o700);
  const [program, args] = asOwner(initdb, [
    ...['-D', data, '-U', 'portico', '--pwfile', secret],
    ...['-A', 'scram-sha-256', '-E', 'UTF8', '--no-locale', '--no-sync'],
  ]);
  await run(program, args, { cwd: folder });
}

function ready(child: ChildProcess): Promise<void> {
  return new Promise((resolve, reject) => {
    let said = '';
    child.stderr?.setEncoding('utf8').on('data', (chunk: string) => {
      said = (said + chunk).slice(-10_000);
      if (said.includes('ready to accept connections')) resolve();
    });
    child.once('exit', () => reject(new Error(`postgres did not start: ${said}`)));
  });
}

/** Also to the processes below it: each connection has its own. */
function signalAll(child: ChildProcess | undefined, name: 'SIGSTOP' | 'SIGCONT'): void {
  if (child === undefined || hasEnded(child)) return;
  // Itself first, so that it makes no more of them.
  child.kill(name);
  const listed = execFileSync('ps', ['-A', '-o', 'pid=,ppid='], { encoding: 'utf8' });
  const processes = listed
    .trim()
    .split('\n')
    .map((line) => line.trim().split(/\s+/).map(Number));
  for (const [pid, parent] of processes) if (pid !== undefined && parent === child.pid) signal(pid, name);
}

/** One that has ended in the meantime needs none. */
function signal(pid: number, name: NodeJS.Signals): void {
  try {
    process.kill(pid, name);
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'ESRCH')) throw error;
  }
}

function hasEnded({ exitCode, signalCode }: ChildProcess): boolean {
  return exitCode !== null || signalCode !== null;
}
