import { readFile } from 'node:fs/promises';
import path from 'node:path';
import type { LoadedConfig } from './loaded-config.ts';
import type { SchemaFile } from './read-schema-files.ts';

/**
 * Reads the file of `graphql.trustedDocuments`; undefined if the configuration names none. Rejects if it can't be read,
 * which loading the configuration has told of before.
 */
export async function readTrustedDocuments({
  config,
  file,
  folder,
}: LoadedConfig): Promise<SchemaFile | undefined> {
  const name = config.graphql?.trustedDocuments.file ?? '';
  if (name === '') return undefined;
  return {
    file: path.isAbsolute(name) ? name : path.join(path.dirname(file), name),
    text: await readFile(path.resolve(folder, name), 'utf8'),
  };
}
