import { accountPaths, apiKeysPath, KEYS_PATH } from '../account-path.ts';
import { valueAt } from '../describe-issue.ts';
import type { Path, Source } from '../source/source.ts';
import type { Finding } from './finding.ts';

/** The gateway's own endpoints must not take each other's paths. */
export function checkEndpoints(source: Source): Finding[] {
  const taken = new Map<string, string>();
  return endpoints(source).flatMap(({ name, path, value }) => {
    const first = taken.get(value);
    if (first === undefined) {
      taken.set(value, name);
      return [];
    }
    return [
      { path, on: 'value' as const, message: `${name}: ${value} is taken by ${first}; choose another path` },
    ];
  });
}

interface Endpoint {
  readonly name: string;
  readonly path: Path;
  readonly value: string;
}

const DEFAULTS: readonly (readonly [section: string, key: string, path: string])[] = [
  ['health', 'path', '/health'],
  ['health', 'live', '/livez'],
  ['health', 'ready', '/readyz'],
  ['graphql', 'path', '/graphql'],
];

function endpoints(source: Source): Endpoint[] {
  const own = DEFAULTS.flatMap(([section, key, fallback]): Endpoint[] => {
    if (section === 'graphql' && valueAt(source.value, ['graphql']) === undefined) return [];
    const value = valueAt(source.value, [section, key]) ?? fallback;
    return typeof value === 'string' ? [{ name: `${section}.${key}`, path: [section, key], value }] : [];
  });
  const aliases = valueAt(source.value, ['health', 'aliases']);
  const further = (Array.isArray(aliases) ? aliases : []).flatMap((value: unknown, i): Endpoint[] =>
    typeof value === 'string'
      ? [{ name: `health.aliases[${i}]`, path: ['health', 'aliases', i], value }]
      : [],
  );
  return [...own, ...further, ...ofAccounts(source), ...ofApiKeys(source)];
}

/** What accounts take up, once they are on. */
function ofAccounts(source: Source): Endpoint[] {
  const path: Path = ['auth', 'accounts', 'prefix'];
  if (valueAt(source.value, ['auth', 'accounts', 'enabled']) !== true) return [];
  const prefix = valueAt(source.value, path) ?? '/auth';
  if (typeof prefix !== 'string') return [];
  const name = 'auth.accounts.prefix';
  return [...accountPaths(prefix), KEYS_PATH].map((value) => ({ name, path, value }));
}

function ofApiKeys(source: Source): Endpoint[] {
  if (valueAt(source.value, ['auth', 'apiKeys', 'enabled']) !== true) return [];
  const path: Path = ['auth', 'accounts', 'prefix'];
  const prefix = valueAt(source.value, path) ?? '/auth';
  if (typeof prefix !== 'string') return [];
  return [{ name: 'auth.accounts.prefix', path, value: apiKeysPath(prefix) }];
}
