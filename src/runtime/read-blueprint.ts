import path from 'node:path';
import type { Blueprint } from '../blueprint/blueprint.ts';
import { buildBlueprint } from '../blueprint/build-blueprint.ts';
import { loadConfig } from '../config/load-config.ts';
import type { LoadedConfig } from '../config/loaded-config.ts';
import { readSchemaFiles } from '../config/read-schema-files.ts';
import type { Environment } from '../config/source/environment.ts';
import type { LoadedResolvers } from '../graphql/custom-resolver.ts';
import { checkResolvers, loadResolvers } from '../graphql/load-resolvers.ts';
import { ConfigurationError } from '../kernel/configuration-error.ts';
import { type Problem, sortProblems } from '../kernel/problem.ts';

/** A configuration that can be run, and the environment that it was read in. */
export interface ReadBlueprint {
  readonly blueprint: Blueprint;
  /** The module of `graphql.resolvers`, if there is one. */
  readonly resolvers: LoadedResolvers | undefined;
  readonly warnings: readonly Problem[];
  readonly env: Readonly<Record<string, string>>;
}

/**
 * Reads the configuration, and the schema files and resolvers that it names. Throws `ConfigurationError` with
 * everything wrong in them.
 */
export async function readBlueprint(file: string, environment: Environment): Promise<ReadBlueprint> {
  const { loaded, problems } = await loadConfig(file, { env: environment });
  if (loaded === undefined) throw new ConfigurationError(sortProblems(problems));
  const schema = await readSchemaFiles(loaded);
  const module = await readResolvers(loaded);
  const found = [...problems, ...schema.problems, ...module.problems];
  assertNoErrors(found);
  const { resolvers } = module;
  const { blueprint, problems: ofBlueprint } = buildBlueprint({
    loaded,
    sdl: schema.files,
    env: loaded.env,
    ...(resolvers && { resolved: new Set(resolvers.fields.keys()) }),
  });
  const unknown = resolvers && blueprint?.graphql ? checkResolvers(resolvers, blueprint.graphql.schema) : [];
  const all = [...found, ...ofBlueprint, ...unknown];
  assertNoErrors(all);
  if (blueprint === undefined) throw new ConfigurationError(sortProblems(all));
  return { blueprint, resolvers, warnings: sortProblems(all), env: setOnly(loaded.env) };
}

async function readResolvers({
  config,
  folder,
}: LoadedConfig): Promise<{ resolvers?: LoadedResolvers; problems: readonly Problem[] }> {
  const module = config.graphql?.resolvers ?? '';
  if (module === '') return { problems: [] };
  try {
    return { resolvers: await loadResolvers(path.resolve(folder, module)), problems: [] };
  } catch (error) {
    if (error instanceof ConfigurationError) return { problems: error.problems };
    throw error;
  }
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
