import { readFileSync } from 'node:fs';

/** Rows of one file under `data/`: a fresh copy, so that a service may change its own. */
export function loadData<T>(name: string): T[] {
  return JSON.parse(readFileSync(new URL(`./data/${name}.json`, import.meta.url), 'utf8')) as T[];
}
