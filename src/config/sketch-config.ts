import { isJsonObject } from '../kernel/json.ts';
import { namesAt, salvage } from './check/finding.ts';
import { valueAt } from './describe-issue.ts';
import { authSchema } from './schema/auth.ts';
import { type Config, configSchema } from './schema/config.ts';
import { graphqlSchema } from './schema/graphql.ts';
import { defaultService, serviceSchema } from './schema/service.ts';
import type { Source } from './source/source.ts';

/**
 * What the GraphQL schema can be judged by although the file is faulty: every service that it names, the callers'
 * headers, and where the schema is; undefined if it does not tell these. Nothing that could be run. `config` is the
 * file's whole configuration if it has the right shape.
 */
export function sketchConfig(source: Source, config: Config | undefined): Config | undefined {
  const named = isJsonObject(valueAt(source.value, ['services']));
  if (!named || !isSound(source, 'schema') || !isSound(source, 'resolvers')) return undefined;
  if (config !== undefined) return { ...config, routes: [] };
  const graphql = salvage(graphqlSchema, source, ['graphql']);
  if (graphql === undefined) return undefined;
  const services = namesAt(source, ['services']).map((name) => [name, sketchService(source, name)]);
  const auth = salvage(authSchema, source, ['auth']);
  const rest = configSchema.parse({ services: {} });
  return { ...rest, ...(auth && { auth }), graphql, services: Object.fromEntries(services) };
}

function sketchService(source: Source, name: string): Config['services'][string] {
  const path = ['services', name];
  const sound = salvage(serviceSchema, source, path) ?? defaultService(['http://localhost']);
  const config = serviceSchema.shape.config.safeParse(valueAt(source.value, [...path, 'config'])).data;
  return { ...sound, ...(config && { config }) };
}

/** True if this key of `graphql` holds what the author meant it to, or is left to its default. */
function isSound(source: Source, key: 'schema' | 'resolvers'): boolean {
  const path = ['graphql', key];
  const value = valueAt(source.value, path);
  const parts = Array.isArray(value) ? value.map((_, i) => [...path, i]) : [path];
  if (parts.some((part) => source.isBroken(part))) return false;
  return graphqlSchema.shape[key].safeParse(value).success;
}
