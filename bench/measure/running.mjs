import { spawn } from 'node:child_process';
import { createWriteStream, mkdirSync, readFileSync } from 'node:fs';
import { connect, createServer } from 'node:net';
import { dirname } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

const groups = new Set();

function signalGroup(pid, signal) {
  try {
    process.kill(-pid, signal);
  } catch {
    // the group is gone
  }
}

process.on('exit', () => {
  for (const pid of groups) signalGroup(pid, 'SIGKILL');
});

/** A port that is free now. */
export function freePort() {
  return new Promise((resolve, reject) => {
    const server = createServer().once('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const { port } = server.address();
      server.close(() => resolve(port));
    });
  });
}

function accepts(port) {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1', () => {
      socket.destroy();
      resolve(true);
    });
    socket.on('error', () => resolve(false));
  });
}

/**
 * Starts a program on the given cores, in a process group of its own, and waits until its port takes
 * connections. Its output goes to `log`. Rejects if it ends before, or after `limit` seconds.
 */
export async function startPinned({ command, args, env = {}, cores, port, log, limit = 60 }) {
  mkdirSync(dirname(log), { recursive: true });
  const output = createWriteStream(log);
  const child = spawn('taskset', ['-c', cores.join(','), command, ...args], {
    detached: true,
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...process.env, NODE_ENV: 'production', NO_COLOR: '1', ...env },
  });
  groups.add(child.pid);
  child.stdout.pipe(output);
  child.stderr.pipe(output);
  const exited = new Promise((resolve) => child.once('exit', resolve)).then(() => groups.delete(child.pid));
  const running = { pid: child.pid, port, exited, output: () => readFileSync(log, 'utf8') };
  const until = Date.now() + limit * 1000;
  while (!(await accepts(port))) {
    if (child.exitCode !== null || Date.now() > until) {
      await stop(running);
      throw new Error(`did not start: ${running.output().trim().slice(-600) || 'no output'}`);
    }
    await sleep(50);
  }
  return running;
}

/** Ends a program and everything it started. */
export async function stop({ pid, exited }) {
  signalGroup(pid, 'SIGTERM');
  const ended = await Promise.race([exited.then(() => true), sleep(3000).then(() => false)]);
  signalGroup(pid, 'SIGKILL');
  if (!ended) await exited;
}
