import type { Blueprint } from '../blueprint/blueprint.ts';
import { buildBlueprint } from '../blueprint/build-blueprint.ts';
import { loadConfig } from '../config/load-config.ts';
import { readSchemaFiles } from '../config/read-schema-files.ts';
import type { Environment } from '../config/source/environment.ts';
import { ConfigurationError } from '../kernel/configuration-error.ts';
import { type Problem, sortProblems } from '../kernel/problem.ts';

/** A configuration that can be run, and the environment that it was read in. */
export interface ReadBlueprint {
  readonly blueprint: Blueprint;
  readonly warnings: readonly Problem[];
  readonly env: Readonly<Record<string, string>>;
}

/** Reads the configuration and the schema files that it names. Throws `ConfigurationError` with everything wrong in them. */
export async function readBlueprint(file: string, environment: Environment): Promise<ReadBlueprint> {
  const { loaded, problems } = await loadConfig(file, { env: environment });
  if (loaded === undefined) throw new ConfigurationError(sortProblems(problems));
  const schema = await readSchemaFiles(loaded);
  const found = [...problems, ...schema.problems];
  assertNoErrors(found);
  const built = buildBlueprint({ loaded, sdl: schema.files, env: loaded.env });
  const all = [...found, ...built.problems];
  assertNoErrors(all);
  if (built.blueprint === undefined) throw new ConfigurationError(sortProblems(all));
  return { blueprint: built.blueprint, warnings: sortProblems(all), env: setOnly(loaded.env) };
}

function assertNoErrors(problems: readonly Problem[]): void {
  if (problems.some(({ severity }) => severity === 'error')) {
    throw new ConfigurationError(sortProblems(problems));
  }
}

function setOnly(environment: Environment): Record<string, string> {
  const set: Record<string, string> = {};
  for (const [name, value] of Object.entries(environment)) if (value !== undefined) set[name] = value;
  return set;
}
