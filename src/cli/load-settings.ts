import { loadConfig } from '../config/load-config.ts';
import type { LoadedConfig } from '../config/loaded-config.ts';
import type { Environment } from '../config/source/environment.ts';
import { ConfigurationError } from '../kernel/configuration-error.ts';

/** The configuration for a command that needs nothing but its settings. Throws `ConfigurationError`. */
export async function loadSettings(file: string, env: Environment = process.env): Promise<LoadedConfig> {
  const { loaded, problems } = await loadConfig(file, { env });
  if (loaded === undefined) throw new ConfigurationError(problems);
  return loaded;
}
