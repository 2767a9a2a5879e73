import type { Command } from 'commander';
import { configJsonSchema } from '../config/json-schema.ts';
import { type ConfigOption, configCommand } from './config-option.ts';
import { CommandFailure } from './failure.ts';
import { readBlueprint } from './read-blueprint.ts';
import { print, printWarnings } from './report.ts';

interface SchemaOptions extends ConfigOption {
  readonly configSchema?: true;
}

export function schemaCommand(): Command {
  return configCommand('schema', 'print the public GraphQL schema', [
    'portico schema > schema.graphql',
    'portico schema --config-schema > gateway.schema.json',
  ])
    .option('--config-schema', 'the JSON Schema of the configuration file instead')
    .action(schema);
}

async function schema(options: SchemaOptions): Promise<void> {
  if (options.configSchema) return print(JSON.stringify(configJsonSchema(), null, 2));
  const { blueprint, warnings } = await readBlueprint(options.config);
  printWarnings(warnings);
  if (blueprint.graphql === undefined) {
    throw new CommandFailure([
      `${options.config}:1:1: there is no \`graphql\` here, so there is no schema to print`,
    ]);
  }
  print(blueprint.graphql.sdl.trimEnd());
}
