#!/usr/bin/env node
import { readFileSync } from 'node:fs';
import { Command, CommanderError } from 'commander';
import { ConfigurationError } from '../kernel/configuration-error.ts';
import { formatProblem } from '../kernel/problem.ts';
import { checkCommand } from './check.ts';
import { demoCommand } from './demo.ts';
import { devCommand } from './dev.ts';
import { CommandFailure } from './failure.ts';
import { complain } from './report.ts';
import { routesCommand } from './routes.ts';
import { schemaCommand } from './schema.ts';
import { startCommand } from './start.ts';
import { tokenCommand } from './token.ts';

/** Commands of later parts: known by name, so that nobody takes them for a slip. */
const NOT_YET = ['explain', 'import', 'migrate'];

/** Runs the command line; gives the exit code: 0, 1 for an error, 2 for wrong usage. */
async function run(argv: readonly string[]): Promise<number> {
  const [name] = argv;
  if (name !== undefined && NOT_YET.includes(name)) {
    complain(`portico ${name} is not available yet`);
    return 2;
  }
  try {
    await createProgram().parseAsync([...argv], { from: 'user' });
    return 0;
  } catch (error) {
    return exitCodeOf(error);
  }
}

function createProgram(): Command {
  const program = new Command('portico')
    .description('One GraphQL schema and REST routes over your services, under one set of policies.')
    .version(version(), '-V, --version')
    .showSuggestionAfterError()
    .addHelpText('after', '\nExample:\n  $ portico dev --config gateway.yaml');
  const commands = [
    startCommand(),
    devCommand(),
    demoCommand(),
    checkCommand(),
    routesCommand(),
    schemaCommand(),
    tokenCommand(),
  ];
  for (const command of commands) program.addCommand(command.exitOverride());
  return program.exitOverride();
}

function exitCodeOf(error: unknown): number {
  // Commander has said what it had to say; only asking for help or the version is no fault.
  if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : 2;
  if (error instanceof ConfigurationError) {
    for (const problem of error.problems) complain(formatProblem(problem));
    return 1;
  }
  if (error instanceof CommandFailure) {
    for (const line of error.lines) complain(line);
    return error.exitCode;
  }
  complain(
    `portico failed unexpectedly: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`,
  );
  return 1;
}

function version(): string {
  const manifest: unknown = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8'));
  return String((manifest as { version?: unknown }).version);
}

// `portico routes | head` closes the pipe when it has enough; that is no fault.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  process.exit(error.code === 'EPIPE' ? 0 : 1);
});

process.exitCode = await run(process.argv.slice(2));
