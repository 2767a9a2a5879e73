import path from 'node:path';
import { expandGlob } from '../config/glob.ts';
import { loadConfig } from '../config/load-config.ts';
import type { Config } from '../config/schema/config.ts';

/** Files that something is made of now, and folders in which a new one would matter; absolute. */
export interface Sources {
  readonly files: readonly string[];
  readonly folders: readonly string[];
}

/**
 * What a gateway is made of: its configuration, `.env`, the schema, the resolvers and the trusted documents. Asked again after each
 * change; while the configuration does not tell of a schema, the one that it told of last counts.
 */
export function sourceFiles(file: string): () => Promise<Sources> {
  const config = path.resolve(file);
  const folder = path.dirname(config);
  let graphql: Config['graphql'];
  return async () => {
    const read = await loadConfig(file, { env: process.env });
    const known = read.loaded === undefined ? read.sketch : read.loaded;
    if (known !== undefined) graphql = known.config.graphql;
    const patterns = [...(graphql?.schema ?? []), ...resolverPatterns(graphql?.resolvers ?? '')];
    const matches = (await Promise.all(patterns.map((pattern) => expandGlob(pattern, folder)))).flat();
    const trusted = graphql?.trustedDocuments.file ?? '';
    const named = [...matches, ...(trusted === '' ? [] : [trusted])];
    const files = [config, path.join(folder, '.env'), ...named.map((name) => path.resolve(folder, name))];
    const roots = patterns.map((pattern) => path.resolve(folder, fixedPart(pattern)));
    return { files, folders: [...roots, ...files.map((name) => path.dirname(name))] };
  };
}

/** The module, and what lies beside it if it has a folder of its own: it may import that. */
function resolverPatterns(resolvers: string): string[] {
  if (resolvers === '') return [];
  const folder = path.posix.dirname(resolvers.replaceAll('\\', '/'));
  return folder === '.' ? [resolvers] : [resolvers, `${folder}/**/*.{ts,mts,js,mjs,json}`];
}

/** The folders of a pattern before its first wildcard. */
function fixedPart(pattern: string): string {
  const segments = pattern.split('/');
  const wild = segments.findIndex((segment) => /[*?{]/.test(segment));
  return segments.slice(0, wild === -1 ? -1 : wild).join('/') || (pattern.startsWith('/') ? '/' : '.');
}
