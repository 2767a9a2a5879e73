import { isDeepStrictEqual } from 'node:util';
import type { Config } from '../config/schema/config.ts';
import { needsDatabase } from './storage-settings.ts';

/** What the process settles once, when it begins to listen. */
const SETTLED: Readonly<Record<string, (config: Config) => unknown>> = {
  'server.host': ({ server }) => server.host,
  'server.port': ({ server }) => server.port,
  'server.headerLimit': ({ server }) => server.headerLimit,
  'telemetry.logs': ({ telemetry }) => telemetry.logs,
  'telemetry.auditRetention': ({ telemetry }) => telemetry.auditRetention,
  storage: (config) => [config.storage, needsDatabase(config)],
};

/** The keys that differ and that a reload can't change; a user who changed them should be told. */
export function needsRestart(before: Config, after: Config): string[] {
  return Object.entries(SETTLED)
    .filter(([, read]) => !isDeepStrictEqual(read(before), read(after)))
    .map(([key]) => key);
}
