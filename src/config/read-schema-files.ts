import { readFile } from 'node:fs/promises';
import path from 'node:path';
import type { Problem } from '../kernel/problem.ts';
import { expandGlob } from './glob.ts';
import type { LoadedConfig } from './loaded-config.ts';

/** One file of the GraphQL schema, named as messages show it. */
export interface SchemaFile {
  readonly file: string;
  readonly text: string;
}

export interface SchemaFiles {
  readonly files: readonly SchemaFile[];
  readonly problems: readonly Problem[];
}

/**
 * Reads the files of `graphql.schema`, each once, in the order of the patterns and by name within each.
 * A pattern that matches nothing is a problem. Gives nothing if the configuration has no `graphql`.
 */
export async function readSchemaFiles(loaded: LoadedConfig): Promise<SchemaFiles> {
  const { graphql } = loaded.config;
  if (graphql === undefined) return { files: [], problems: [] };
  const problems: Problem[] = [];
  const names = new Set<string>();
  const fault = (at: readonly (string | number)[], message: string) =>
    problems.push({ severity: 'error', at: loaded.positions.at(at), message: `graphql.schema: ${message}` });
  if (graphql.schema.length === 0) fault(['graphql', 'schema'], 'the list is empty; name at least one file');
  for (const [i, pattern] of graphql.schema.entries()) {
    const matches = await expandGlob(pattern, loaded.folder);
    for (const match of matches) names.add(match);
    if (matches.length > 0) continue;
    const message = `no file matches "${pattern}"; patterns start at the configuration's folder, ${loaded.folder}`;
    fault(['graphql', 'schema', i], message);
  }
  const files: SchemaFile[] = [];
  for (const name of names) {
    try {
      const text = await readFile(path.resolve(loaded.folder, name), 'utf8');
      files.push({ file: path.join(path.dirname(loaded.file), name), text });
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      fault(['graphql', 'schema'], `${name} cannot be read: ${reason}`);
    }
  }
  return { files, problems };
}
