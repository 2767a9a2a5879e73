import { mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { codegen } from '@graphql-codegen/core';
import * as typescript from '@graphql-codegen/typescript';
import * as typescriptResolvers from '@graphql-codegen/typescript-resolvers';
import { parse } from 'graphql';
import { buildBlueprint } from './src/blueprint/build-blueprint.ts';
import { loadConfig } from './src/config/load-config.ts';
import { readSchemaFiles } from './src/config/read-schema-files.ts';
import { formatProblem, type Problem } from './src/kernel/problem.ts';

const HERE = path.dirname(fileURLToPath(import.meta.url));
const DEFAULT_OUT = 'resolvers.generated.ts';

const HELP = `Writes TypeScript types for the resolvers of a gateway, from its public schema.

  npm run codegen [-- --config gateway.yaml --out ${DEFAULT_OUT} --context portico/resolvers]

  --config   the gateway's configuration; gateway.yaml
  --out      the file to write; ${DEFAULT_OUT} beside the configuration
  --context  where the types are imported from; within this repository its source, elsewhere portico/resolvers`;

export interface ResolverTypesOptions {
  /** Module that exports `ResolverContext` and `Stub`, as the generated file imports it. */
  readonly context: string;
}

/** The public SDL of a gateway → TypeScript with a type for each of its types, and `Resolvers` for the module. */
export async function generateResolverTypes(sdl: string, { context }: ResolverTypesOptions): Promise<string> {
  const code = await codegen({
    filename: DEFAULT_OUT,
    schema: parse(sdl),
    documents: [],
    config: {
      contextType: `${context}#ResolverContext`,
      // A resolver may give part of an object: connectors fetch the rest.
      defaultMapper: `${context}#Stub<{T}>`,
      useTypeImports: true,
      enumsAsTypes: true,
      defaultScalarType: 'unknown',
      scalars: { ID: { input: 'string', output: 'string | number' } },
      onlyResolveTypeForInterfaces: true,
    },
    plugins: [{ typescript: {} }, { 'typescript-resolvers': {} }],
    pluginMap: { typescript, 'typescript-resolvers': typescriptResolvers },
  });
  return `// Made by \`npm run codegen\`; do not edit.\n${withRequires(code)}`;
}

/** `{ requires, resolve }` is a resolver too: it names the fields of its parent that it needs. */
function withRequires(code: string): string {
  const head = /(export type ResolverWithResolve<[^>]*> = \{\n)/;
  if (!head.test(code)) throw new Error('The generated types have another form than expected');
  return code.replace(head, '$1  requires?: ReadonlyArray<keyof TParent & string>;\n');
}

async function publicSdl(file: string): Promise<string> {
  const { loaded, problems } = await loadConfig(file, { env: process.env });
  const schema = loaded && (await readSchemaFiles(loaded));
  const built = loaded && schema && buildBlueprint({ loaded, sdl: schema.files, env: loaded.env });
  const all = [...problems, ...(schema?.problems ?? []), ...(built?.problems ?? [])];
  const sdl = built?.blueprint?.graphql?.sdl;
  if (sdl === undefined) throw new Error(describe(all) || `${file} has no graphql`);
  return sdl;
}

function describe(problems: readonly Problem[]): string {
  return problems
    .filter(({ severity }) => severity === 'error')
    .map(formatProblem)
    .join('\n');
}

/** The context's source for a file within this repository, else what the package exports. */
function contextModule(out: string): string {
  const inside = !path.relative(HERE, out).startsWith('..');
  if (!inside) return 'portico/resolvers';
  const relative = path.relative(path.dirname(out), path.join(HERE, 'src/graphql/resolver-context.ts'));
  return relative.startsWith('.') ? relative : `./${relative}`;
}

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      config: { type: 'string', default: 'gateway.yaml' },
      out: { type: 'string' },
      context: { type: 'string' },
      help: { type: 'boolean', default: false },
    },
  });
  if (values.help) return console.log(HELP);
  const out = path.resolve(values.out ?? path.join(path.dirname(values.config), DEFAULT_OUT));
  const sdl = await publicSdl(values.config);
  const code = await generateResolverTypes(sdl, { context: values.context ?? contextModule(out) });
  await mkdir(path.dirname(out), { recursive: true });
  await writeFile(out, code);
  console.log(`wrote ${path.relative(process.cwd(), out)}`);
}

if (process.argv[1] !== undefined && path.resolve(process.argv[1]) === fileURLToPath(import.meta.url)) {
  main().catch((error: unknown) => {
    console.error(error instanceof Error ? error.message : error);
    process.exitCode = 1;
  });
}
