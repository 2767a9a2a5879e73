import type { ReadBlueprint } from '../runtime/read-blueprint.ts';

/**
 * Configuration and SDL, checked, with the process's environment; throws `ConfigurationError`. What does it is loaded
 * on first use, so that `--help` and `token` need not wait for a GraphQL implementation.
 */
export async function readBlueprint(file: string): Promise<ReadBlueprint> {
  const runtime = await import('../runtime/read-blueprint.ts');
  return runtime.readBlueprint(file, process.env);
}
