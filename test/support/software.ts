import { existsSync, readdirSync } from 'node:fs';
import path from 'node:path';

/**
 * Path of a program on this machine, or undefined after saying aloud what is skipped without it. With CI set it must
 * be there: throws an Error if it is not.
 */
export function findSoftware(
  program: string,
  what: string,
  places: readonly string[] = [],
): string | undefined {
  const folders = [...(process.env.PATH ?? '').split(path.delimiter), ...places];
  const found = folders.map((folder) => path.join(folder, program)).find((file) => existsSync(file));
  if (found !== undefined) return found;
  const message = `no ${program} found, so this is not tried: ${what}`;
  if (process.env.CI) throw new Error(message);
  console.warn(`SKIPPED: ${message}`);
  return undefined;
}

/** The folders of a folder's versions, the newest first: `/usr/lib/postgresql/15/bin`. */
export function versionFolders(parent: string, below: string): string[] {
  if (!existsSync(parent)) return [];
  const versions = readdirSync(parent).sort((a, b) => Number(b) - Number(a));
  return versions.map((version) => path.join(parent, version, below));
}
