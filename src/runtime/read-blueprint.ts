import path from 'node:path';
import type { GraphQLSchema } from 'graphql';
import type { Blueprint } from '../blueprint/blueprint.ts';
import { buildBlueprint } from '../blueprint/build-blueprint.ts';
import { loadConfig } from '../config/load-config.ts';
import type { LoadedConfig } from '../config/loaded-config.ts';
import { readSchemaFiles } from '../config/read-schema-files.ts';
import { readTrustedDocuments } from '../config/read-trusted-documents.ts';
import type { Environment } from '../config/source/environment.ts';
import type { LoadedResolvers } from '../graphql/custom-resolver.ts';
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
  const read = await loadConfig(file, { env: environment });
  const { loaded, problems } = read;
  if (loaded === undefined) {
    throw new ConfigurationError(sortProblems([...problems, ...(await judgeSchema(read.sketch))]));
  }
  const schema = await readSchemaFiles(loaded);
  const module = await readResolvers(loaded);
  const trusted = await readTrustedDocuments(loaded);
  const found = [...problems, ...schema.problems, ...module.problems];
  assertNoErrors(found);
  const { resolvers } = module;
  const { blueprint, problems: ofBlueprint } = buildBlueprint({
    loaded,
    sdl: schema.files,
    env: loaded.env,
    trusted,
    ...(resolvers && { resolved: new Set(resolvers.fields.keys()) }),
  });
  const unknown = blueprint?.graphql ? module.check(blueprint.graphql.schema) : [];
  const all = [...found, ...ofBlueprint, ...unknown];
  assertNoErrors(all);
  if (blueprint === undefined) throw new ConfigurationError(sortProblems(all));
  return { blueprint, resolvers, warnings: sortProblems(all), env: setOnly(loaded.env) };
}

/** What is wrong with the schema alone, where the configuration is faulty; so that all is told at once. */
async function judgeSchema(sketch: LoadedConfig | undefined): Promise<readonly Problem[]> {
  if (sketch === undefined) return [];
  const { files, problems } = await readSchemaFiles(sketch);
  if (problems.length > 0) return problems;
  // That the file is not there is among what is known to be wrong already.
  const trusted = await readTrustedDocuments(sketch).catch(() => undefined);
  const judged = buildBlueprint({ loaded: sketch, sdl: files, env: sketch.env, trusted });
  return judged.problems.filter(({ at }) => at.file !== sketch.file);
}

interface ReadResolvers {
  readonly resolvers?: LoadedResolvers;
  readonly problems: readonly Problem[];
  /** What the module resolves that the schema does not have. */
  check(schema: GraphQLSchema): readonly Problem[];
}

async function readResolvers({ config, folder }: LoadedConfig): Promise<ReadResolvers> {
  const file = config.graphql?.resolvers ?? '';
  if (file === '') return { problems: [], check: () => [] };
  // Loaded here and not above: it brings a TypeScript compiler along, which few configurations need.
  const { checkResolvers, loadResolvers } = await import('../graphql/load-resolvers.ts');
  try {
    const resolvers = await loadResolvers(path.resolve(folder, file));
    return { resolvers, problems: [], check: (schema) => checkResolvers(resolvers, schema) };
  } catch (error) {
    if (error instanceof ConfigurationError) return { problems: error.problems, check: () => [] };
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
