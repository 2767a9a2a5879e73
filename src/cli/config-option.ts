import { Command, Option } from 'commander';

/** A command that works on a configuration file; `examples` are shown by its `--help`. */
export function configCommand(name: string, summary: string, examples: readonly string[]): Command {
  const title = examples.length === 1 ? 'Example' : 'Examples';
  return new Command(name)
    .description(summary)
    .addOption(new Option('-c, --config <file>', 'the configuration').default('gateway.yaml'))
    .addHelpText('after', `\n${title}:\n${examples.map((example) => `  $ ${example}`).join('\n')}`)
    .allowExcessArguments(false);
}

export interface ConfigOption {
  readonly config: string;
}
