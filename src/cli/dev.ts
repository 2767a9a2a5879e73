import type { Command } from 'commander';
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
  const source = {
    file: options.config,
    env: process.env,
    overrides: { telemetry: { logs: { pretty: true } }, graphql: { graphiql: true } },
  };
  const { reload, ended } = await serve(source);
  const watcher = await watchFiles({ list: sourceFiles(options.config), onChange: reload });
  await ended;
  watcher.close();
}
