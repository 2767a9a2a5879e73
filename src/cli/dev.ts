import type { Command } from 'commander';
import { loadConfig } from '../config/load-config.ts';
import { createLogger, type Logger } from '../observe/logger.ts';
import { type ConfigOption, configCommand } from './config-option.ts';
import { serve } from './serve.ts';
import { sourceFiles } from './source-files.ts';
import { watchFiles } from './watch-files.ts';

export function devCommand(): Command {
  return configCommand('dev', 'run the gateway for development: reload on save, readable logs, GraphiQL', [
    'portico dev',
    'portico dev --config examples/shop/gateway.yaml',
  ]).action(dev);
}

async function dev(options: ConfigOption): Promise<void> {
  const source = { file: options.config, env: process.env, overrides: { development: true } };
  let reload = async (): Promise<void> => {};
  // Watching begins before anything is read for serving: no save can fall between the two.
  const watcher = await watchFiles({ list: sourceFiles(options.config), onChange: () => reload() });
  try {
    const logger = await readableLogger(options.config);
    const serving = serve(source, logger === undefined ? {} : { logger });
    // Should it never come up, whoever awaits `serving` below tells why.
    reload = () => serving.then((running) => running.reload()).catch(() => undefined);
    await (await serving).ended;
  } finally {
    watcher.close();
  }
}

/** Logs for a person, on the terminal whatever the file says; undefined if the configuration is faulty. */
async function readableLogger(file: string): Promise<Logger | undefined> {
  const { loaded } = await loadConfig(file, { env: process.env });
  if (loaded === undefined) return undefined;
  const { logs } = loaded.config.telemetry;
  return createLogger({ ...logs, file: '', pretty: logs.pretty === 'auto' ? true : logs.pretty }).logger;
}
