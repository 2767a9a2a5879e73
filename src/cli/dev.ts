import { existsSync } from 'node:fs';
import type { Command } from 'commander';
import { loadConfig } from '../config/load-config.ts';
import type { GatewayOptions, GatewaySource } from '../gateway.ts';
import { ConfigurationError } from '../kernel/configuration-error.ts';
import { formatProblem } from '../kernel/problem.ts';
import { type ConfigOption, configCommand } from './config-option.ts';
import { complain } from './report.ts';
import { type Serving, serve } from './serve.ts';
import { sourceFiles } from './source-files.ts';
import { watchFiles } from './watch-files.ts';

export function devCommand(): Command {
  return configCommand('dev', 'run the gateway for development: reload on save, readable logs, GraphiQL', [
    'portico dev',
    'portico dev --config examples/shop/gateway.yaml',
  ]).action(dev);
}

async function dev({ config: file }: ConfigOption): Promise<void> {
  const source = { file, env: process.env, overrides: { development: true } };
  const saves = new Saves();
  // Watching begins before anything is read for serving: no save can fall between the two.
  const watcher = await watchFiles({ list: sourceFiles(file), onChange: () => saves.take() });
  try {
    const serving = await serveOnceFaultless(source, saves);
    await saves.handTo(() => serving.reload({ via: 'file', id: file }));
    await serving.ended;
  } finally {
    watcher.close();
  }
}

/** What to do with a save: until something serves, it is noted; then it reloads. */
class Saves {
  #reload: (() => Promise<void>) | undefined;
  #noted = false;
  #wake = (): void => {};

  async take(): Promise<void> {
    if (this.#reload !== undefined) return this.#reload();
    this.#noted = true;
    this.#wake();
  }

  /** From here on, what is noted concerns files that are read after this. */
  forget(): void {
    this.#noted = false;
  }

  /** Resolves with the first save since `forget`. */
  async next(): Promise<void> {
    if (!this.#noted) await new Promise<void>((resolve) => (this.#wake = resolve));
  }

  async handTo(reload: () => Promise<void>): Promise<void> {
    this.#reload = reload;
    if (this.#noted) await reload();
  }
}

/** Serves as soon as what is saved can be served; until then, each save gets its faults told. */
async function serveOnceFaultless(source: GatewaySource, saves: Saves): Promise<Serving> {
  for (;;) {
    saves.forget();
    try {
      return await serve(source, await readableLogs(source.file));
    } catch (error) {
      // A file that is not there is a slip in the command; one that is faulty is still being written.
      if (!(error instanceof ConfigurationError) || !existsSync(source.file)) throw error;
      for (const problem of error.problems) complain(formatProblem(problem));
      complain('not started: waiting for a save that mends this');
      await saves.next();
    }
  }
}

/** Logs for a person, on the terminal whatever the file says. */
async function readableLogs(file: string): Promise<GatewayOptions> {
  const { loaded } = await loadConfig(file, { env: process.env });
  if (loaded === undefined) return {};
  const { logs } = loaded.config.telemetry;
  const { createLogger } = await import('../observe/logger.ts');
  const pretty = logs.pretty === 'auto' ? true : logs.pretty;
  return { logger: createLogger({ ...logs, file: '', pretty }).logger };
}
