import type { Command } from 'commander';
import { systemClock } from '../kernel/clock.ts';
import { storageSettings } from '../runtime/storage-settings.ts';
import { type ConfigOption, configCommand } from './config-option.ts';
import { CommandFailure } from './failure.ts';
import { loadSettings } from './load-settings.ts';
import { print } from './report.ts';

export function migrateCommand(): Command {
  return configCommand('migrate', 'bring the database to the newest schema', [
    'portico migrate',
    'DATABASE_URL=postgres://… portico migrate --config /etc/portico/gateway.yaml',
  ]).action(migrate);
}

async function migrate({ config: file }: ConfigOption): Promise<void> {
  const { config, folder } = await loadSettings(file);
  const { database } = storageSettings(config, folder);
  if (database === undefined) return print('nothing in this configuration needs a database');
  const { migrateDatabase } = await import('../storage/migrate-database.ts');
  const { reasonOf } = await import('../storage/storage-unavailable.ts');
  const logger = { info() {}, warn() {}, error() {} };
  const done = await migrateDatabase(database, { clock: systemClock, logger }).catch((error: unknown) => {
    throw new CommandFailure([`cannot migrate the database: ${reasonOf(error)}`]);
  });
  if (done.applied.length === 0) return print(`${done.database} is up to date`);
  for (const name of done.applied) print(`applied ${name}`);
  print(`${done.database} has the newest schema now`);
}
