import { databaseUrlFault } from '../../storage/database-url.ts';
import { parseRedisUrl } from '../../storage/redis-url.ts';
import { valueAt } from '../describe-issue.ts';
import type { Source } from '../source/source.ts';
import type { Finding } from './finding.ts';

/** The URLs of `storage`. What is said of them shows none of their text: there may be passwords in it. */
export function checkStorage(source: Source): Finding[] {
  return [...checkUrl(source, 'redis', redisUrlFault), ...checkUrl(source, 'database', databaseUrlFault)];
}

function checkUrl(source: Source, key: string, fault: (text: string) => string | undefined): Finding[] {
  const path = ['storage', key];
  const text = valueAt(source.value, path);
  if (typeof text !== 'string' || text === '') return [];
  const message = fault(text);
  return message === undefined ? [] : [{ path, on: 'value', message: `storage.${key}: ${message}` }];
}

function redisUrlFault(text: string): string | undefined {
  try {
    parseRedisUrl(text);
    return undefined;
  } catch (error) {
    return (error as Error).message;
  }
}
