import type { Blueprint } from '../blueprint/blueprint.ts';
import { buildBlueprint } from '../blueprint/build-blueprint.ts';
import { loadConfig } from '../config/load-config.ts';
import type { LoadedConfig } from '../config/loaded-config.ts';
import { readSchemaFiles } from '../config/read-schema-files.ts';
import { type Problem, sortProblems } from '../kernel/problem.ts';
import { hasErrors } from './report.ts';

export interface ReadBlueprint {
  readonly loaded: LoadedConfig | undefined;
  /** Undefined if there is an error among the problems. */
  readonly blueprint: Blueprint | undefined;
  /** Errors and warnings, in the order in which one mends them. */
  readonly problems: readonly Problem[];
}

/** Configuration and SDL, read and checked as far as they can be without starting anything. */
export async function readBlueprint(file: string): Promise<ReadBlueprint> {
  const { loaded, problems } = await loadConfig(file, { env: process.env });
  if (loaded === undefined) return { loaded, blueprint: undefined, problems };
  const schema = await readSchemaFiles(loaded);
  const found = [...problems, ...schema.problems];
  // A file that is missing would make everything that refers to it look wrong as well.
  if (hasErrors(found)) return { loaded, blueprint: undefined, problems: sortProblems(found) };
  const built = buildBlueprint({ loaded, sdl: schema.files, env: loaded.env });
  return { loaded, blueprint: built.blueprint, problems: sortProblems([...found, ...built.problems]) };
}
