import path from 'node:path';
import { parse } from 'yaml';
import type { Problem } from '../../kernel/problem.ts';
import type { LoadedConfig } from '../loaded-config.ts';
import type { RouteConfig } from '../schema/route.ts';
import { unreadable } from './unreadable.ts';

type BodySchema = NonNullable<RouteConfig['schema']>;

/** Tells of each route's `schema`, inline or in a JSON or YAML file, that is no JSON Schema (2020-12). */
export async function checkBodySchemas(
  { config, folder, positions }: LoadedConfig,
  readFile: (file: string) => Promise<string>,
): Promise<Problem[]> {
  const faults = config.routes.map(async ({ schema }, i): Promise<Problem[]> => {
    const message = schema === undefined ? undefined : await fault(schema, folder, readFile);
    return message === undefined
      ? []
      : [{ severity: 'error', at: positions.at(['routes', i, 'schema']), message }];
  });
  return (await Promise.all(faults)).flat();
}

async function fault(
  schema: BodySchema,
  folder: string,
  readFile: (file: string) => Promise<string>,
): Promise<string | undefined> {
  if (typeof schema !== 'string') return compileFault(schema);
  let text: string;
  try {
    text = await readFile(path.resolve(folder, schema));
  } catch (error) {
    return unreadable(schema, error);
  }
  try {
    return await compileFault(parse(text));
  } catch (error) {
    return `${schema} is neither JSON nor YAML: ${firstLine(error)}`;
  }
}

/** Loaded only where a route has a schema: few do, and it takes its time. */
async function compileFault(document: unknown): Promise<string | undefined> {
  if (typeof document !== 'boolean' && (typeof document !== 'object' || document === null)) {
    return 'this is no JSON Schema: expected a map of keys';
  }
  const { Ajv2020 } = await import('ajv/dist/2020.js');
  try {
    new Ajv2020({ strict: false, validateFormats: false, logger: false }).compile(document);
    return undefined;
  } catch (error) {
    return `this is no JSON Schema: ${firstLine(error)}`;
  }
}

function firstLine(error: unknown): string {
  return (error instanceof Error ? error.message : String(error)).split('\n', 1)[0] ?? '';
}
