import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

/** A whole gateway in a process of its own, so that its memory is its own. */
export interface GatewayProcess {
  readonly url: string;
  /** Bytes of the process in memory (RSS): now, and the most since the last question. */
  memory(): Promise<{ readonly memory: number; readonly peak: number }>;
  close(): Promise<void>;
}

/** Starts it on the text of a gateway.yaml. Rejects with what it said if it does not come up. */
export async function startGatewayProcess(config: string): Promise<GatewayProcess> {
  const folder = await mkdtemp(path.join(tmpdir(), 'gateway-'));
  const file = path.join(folder, 'gateway.yaml');
  await writeFile(file, config);
  const child = fork(fileURLToPath(import.meta.resolve('./gateway-child.ts')), [file], {
    execArgv: ['--import', import.meta.resolve('tsx')],
    stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
  });
  let said = '';
  child.stderr?.on('data', (chunk) => {
    said += chunk;
  });
  const { url } = await answer<{ url: string }>(child).catch((error) => {
    throw new Error(`the gateway did not start: ${said}`, { cause: error });
  });
  return {
    url,
    memory() {
      child.send('memory');
      return answer(child);
    },
    async close() {
      const gone = once(child, 'exit');
      child.send('close');
      await gone;
      await rm(folder, { recursive: true });
    },
  };
}

async function answer<T>(child: ChildProcess): Promise<T> {
  const gone = once(child, 'exit').then(([code]) => {
    throw new Error(`it ended with code ${code}`);
  });
  const [message] = (await Promise.race([once(child, 'message'), gone])) as [T];
  gone.catch(() => {});
  return message;
}
