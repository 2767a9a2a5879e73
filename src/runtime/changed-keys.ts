import { isDeepStrictEqual } from 'node:util';
import type { Config } from '../config/schema/config.ts';
import { isJsonObject, type Json } from '../kernel/json.ts';

/** Names that are told of a change; a configuration that was replaced as a whole has many. */
const MAX_KEYS = 50;

/**
 * Where two configurations differ, as `server.bodyLimit`, `services.users`, `routes`: names only, for the values may
 * be secrets. No more than fifty.
 */
export function changedKeys(before: Config, after: Config): string[] {
  const all = { ...before, ...after };
  const keys = Object.keys(all).flatMap((key) => {
    const name = key as keyof Config;
    return changedBelow(key, before[name], after[name]);
  });
  return keys.slice(0, MAX_KEYS);
}

function changedBelow(key: string, before: unknown, after: unknown): string[] {
  if (isDeepStrictEqual(before, after)) return [];
  if (!isJsonObject(before as Json) || !isJsonObject(after as Json)) return [key];
  const [old, fresh] = [before as Record<string, unknown>, after as Record<string, unknown>];
  return Object.keys({ ...old, ...fresh })
    .filter((name) => !isDeepStrictEqual(old[name], fresh[name]))
    .map((name) => `${key}.${name}`);
}
