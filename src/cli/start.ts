import type { Command } from 'commander';
import { type ConfigOption, configCommand } from './config-option.ts';
import { serve } from './serve.ts';

export function startCommand(): Command {
  return configCommand('start', 'run the gateway (SIGHUP reloads, SIGTERM drains and ends)', [
    'portico start',
    'PORT=8080 portico start --config /etc/portico/gateway.yaml',
  ]).action(start);
}

async function start(options: ConfigOption): Promise<void> {
  const { ended } = await serve({ file: options.config, env: process.env });
  await ended;
}
