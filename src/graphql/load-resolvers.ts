import { createRequire } from 'node:module';
import { pathToFileURL } from 'node:url';
import { type GraphQLSchema, isObjectType } from 'graphql';
import { tsImport } from 'tsx/esm/api';
import { ConfigurationError } from '../kernel/configuration-error.ts';
import { type Problem, suggestion } from '../kernel/problem.ts';
import type { CustomField, LoadedResolvers, ResolverFunction } from './custom-resolver.ts';

/**
 * Loads a module of resolvers, JavaScript or TypeScript: its default export, or the one named `resolvers`, is
 * `{ Type: { field } }`, each field a function or `{ requires, resolve }`. It is evaluated anew each time.
 * `file` is absolute. Throws a `ConfigurationError` if the module cannot be loaded or is not of that form.
 */
export async function loadResolvers(file: string): Promise<LoadedResolvers> {
  const exported = resolversOf(await importModule(file));
  if (!isRecord(exported)) {
    throw fault(file, 'expected a default export, or one named "resolvers", such as { Query: { me() {} } }');
  }
  const fields = new Map<string, CustomField>();
  const problems: Problem[] = [];
  for (const [typeName, ofType] of Object.entries(exported)) {
    if (!isRecord(ofType)) {
      problems.push(problem(file, `${typeName}: expected an object with a resolver for each field`));
      continue;
    }
    for (const [name, resolver] of Object.entries(ofType)) {
      const field = readField(resolver);
      if (field !== undefined) fields.set(`${typeName}.${name}`, field);
      else problems.push(problem(file, `${typeName}.${name}: expected a function or { requires, resolve }`));
    }
  }
  if (problems.length > 0) throw new ConfigurationError(problems);
  return { file, fields };
}

/** What the module resolves that the schema does not have. */
export function checkResolvers({ file, fields }: LoadedResolvers, schema: GraphQLSchema): Problem[] {
  return [...fields].flatMap(([coordinate, field]) => {
    const [typeName = '', name = ''] = coordinate.split('.');
    const type = schema.getType(typeName);
    if (type === undefined) {
      const known = Object.keys(schema.getTypeMap()).filter((one) => !one.startsWith('__'));
      return [
        problem(file, `${coordinate}: the schema has no type "${typeName}".${suggestion(typeName, known)}`),
      ];
    }
    if (!isObjectType(type)) return [problem(file, `${coordinate}: "${typeName}" is not an object type`)];
    const names = Object.keys(type.getFields());
    return [name, ...field.requires]
      .filter((one) => !names.includes(one))
      .map((one) =>
        problem(file, `${coordinate}: ${typeName} has no field "${one}".${suggestion(one, names)}`),
      );
  });
}

const { cache } = createRequire(import.meta.url);

async function importModule(file: string): Promise<unknown> {
  // CommonJS modules that an earlier evaluation imported would be met again, as they were then.
  for (const name of Object.keys(cache)) if (name.includes('?namespace=')) delete cache[name];
  try {
    return await tsImport(pathToFileURL(file).href, import.meta.url);
  } catch (error) {
    throw fault(
      file,
      `this module cannot be loaded: ${error instanceof Error ? error.message : String(error)}`,
    );
  }
}

function resolversOf(module: unknown): unknown {
  if (!isRecord(module)) return undefined;
  if (module.resolvers !== undefined) return module.resolvers;
  const fallback = module.default;
  // A CommonJS module's exports arrive as the default.
  if (isRecord(fallback) && isRecord(fallback.resolvers)) return fallback.resolvers;
  if (isRecord(fallback) && fallback.__esModule === true) return fallback.default;
  return fallback;
}

function readField(value: unknown): CustomField | undefined {
  if (typeof value === 'function') return { resolve: value as ResolverFunction, requires: [] };
  if (!isRecord(value) || typeof value.resolve !== 'function') return undefined;
  const { requires = [] } = value;
  if (!Array.isArray(requires) || !requires.every((name) => typeof name === 'string')) return undefined;
  return { resolve: value.resolve as ResolverFunction, requires };
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function problem(file: string, message: string): Problem {
  return { severity: 'error', at: { file, line: 1, column: 1 }, message };
}

function fault(file: string, message: string): ConfigurationError {
  return new ConfigurationError([problem(file, message)]);
}
