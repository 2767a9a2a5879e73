import { readFile as readFileFromDisk } from 'node:fs/promises';
import path from 'node:path';
import type { Problem } from '../kernel/problem.ts';
import { checkFiles } from './check/check-files.ts';
import type { LoadResult } from './loaded-config.ts';
import { judgeConfig, loadable } from './parse-config.ts';
import { type Environment, mergeEnvironment } from './source/environment.ts';

export interface LoadOptions {
  readonly env: Environment;
  /** Reads a text file; throws as `node:fs` does. For tests and editors. */
  readonly readFile?: (file: string) => Promise<string>;
}

/**
 * Reads `file` (relative to the working directory) and `.env` beside it, and gives the configuration or all of
 * its faults. Never throws for what is in the file or for its absence.
 */
export async function loadConfig(file: string, options: LoadOptions): Promise<LoadResult> {
  const readFile = options.readFile ?? ((name: string) => readFileFromDisk(name, 'utf8'));
  let text: string;
  try {
    text = await readFile(file);
  } catch (error) {
    return { loaded: undefined, sketch: undefined, problems: [unreadable(file, error)] };
  }
  const dotenv = await readFile(path.join(path.dirname(file), '.env')).catch(() => '');
  const judged = judgeConfig({ text, file, env: mergeEnvironment(dotenv, options.env) });
  const { candidate, problems } = judged;
  const further = candidate === undefined ? [] : await checkFiles(candidate, readFile);
  return loadable({ ...judged, problems: [...problems, ...further] });
}

function unreadable(file: string, error: unknown): Problem {
  const code = error instanceof Error && 'code' in error ? error.code : undefined;
  const reason =
    code === 'ENOENT'
      ? 'there is no such file; name yours with --config, or write gateway.yaml'
      : code === 'EISDIR'
        ? 'this is a folder; name the file in it with --config'
        : `this file cannot be read: ${error instanceof Error ? error.message : String(error)}`;
  return { severity: 'error', at: { file, line: 1, column: 1 }, message: reason };
}
