import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';

/** A downstream service in a process of its own, so that it can be killed to see what the gateway does then. */
export interface ServiceProcess {
  readonly name: string;
  readonly url: string;
  readonly pid: number;
  stop(): Promise<void>;
}

export interface ServiceProcessOptions {
  /** Program to run; TypeScript is fine. */
  readonly file: string;
  readonly name: string;
  /** Told when the process ends without having been asked to. */
  readonly onExit: (name: string, reason: string) => void;
}

/**
 * Starts one service on a free port and waits until it listens. What it prints goes to this process's stderr.
 * It ends with this process, however that ends: the channel between them closes. Throws if it ends before it listens.
 */
export async function startServiceProcess(options: ServiceProcessOptions): Promise<ServiceProcess> {
  const { file, name } = options;
  const child = fork(file, [name, '--port', '0'], {
    execArgv: ['--import', import.meta.resolve('tsx')],
    stdio: ['ignore', 2, 2, 'ipc'],
  });
  let stopping = false;
  const exited = once(child, 'exit').then(([code, signal]) => String(signal ?? `exit code ${code}`));
  const url = await firstMessage(child, exited, name);
  void exited.then((reason) => {
    if (!stopping) options.onExit(name, reason);
  });
  return {
    name,
    url,
    pid: child.pid ?? 0,
    async stop() {
      stopping = true;
      child.kill('SIGTERM');
      await exited;
    },
  };
}

async function firstMessage(child: ChildProcess, exited: Promise<string>, name: string): Promise<string> {
  const listening = once(child, 'message').then(([message]) => (message as { url: string }).url);
  const failed = exited.then((reason) => {
    throw new Error(`${name} did not start: ${reason}`);
  });
  return Promise.race([listening, failed]);
}
