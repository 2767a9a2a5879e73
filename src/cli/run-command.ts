import { readFileSync } from 'node:fs';
import { Command, CommanderError } from 'commander';
import { ConfigurationError } from '../kernel/configuration-error.ts';
import { formatProblem } from '../kernel/problem.ts';
import { StorageFailure } from '../storage/storage-failure.ts';
import { CommandFailure } from './failure.ts';
import { complain } from './report.ts';

/** Each loads what it needs and no more: `--help` of one need not wait for all. In the order of the help. */
const COMMANDS: Readonly<Record<string, () => Promise<Command>>> = {
  start: async () => (await import('./start.ts')).startCommand(),
  dev: async () => (await import('./dev.ts')).devCommand(),
  demo: async () => (await import('./demo.ts')).demoCommand(),
  check: async () => (await import('./check.ts')).checkCommand(),
  explain: async () => (await import('./explain.ts')).explainCommand(),
  routes: async () => (await import('./routes.ts')).routesCommand(),
  schema: async () => (await import('./schema.ts')).schemaCommand(),
  token: async () => (await import('./token.ts')).tokenCommand(),
  migrate: async () => (await import('./migrate.ts')).migrateCommand(),
  account: async () => (await import('./account.ts')).accountCommand(),
  'signing-key': async () => (await import('./signing-key.ts')).signingKeyCommand(),
  keys: async () => (await import('./keys.ts')).keysCommand(),
  audit: async () => (await import('./audit.ts')).auditCommand(),
};

/** Commands of later parts: known by name, so that nobody takes them for a slip. */
const NOT_YET = ['import'];

/** Runs the command line; gives the exit code: 0, 1 for an error, 2 for wrong usage. */
export async function runCommand(argv: readonly string[]): Promise<number> {
  const [name] = argv;
  if (name !== undefined && NOT_YET.includes(name)) {
    complain(`portico ${name} is not available yet`);
    return 2;
  }
  try {
    const program = await createProgram(name);
    await program.parseAsync([...argv], { from: 'user' });
    return 0;
  } catch (error) {
    return exitCodeOf(error);
  }
}

async function createProgram(name: string | undefined): Promise<Command> {
  const program = new Command('portico')
    .description('One GraphQL schema and REST routes over your services, under one set of policies.')
    .version(version(), '-V, --version')
    .showSuggestionAfterError()
    .addHelpText('after', '\nExample:\n  $ portico dev --config gateway.yaml');
  const wanted = name !== undefined && Object.hasOwn(COMMANDS, name) ? COMMANDS[name] : undefined;
  const loads = wanted === undefined ? Object.values(COMMANDS) : [wanted];
  const commands = await Promise.all(loads.map((load) => load()));
  for (const command of [program, ...commands, ...commands.flatMap((one) => one.commands)]) {
    command.exitOverride().configureOutput({ outputError: (text) => complain(asOneLine(text)) });
  }
  for (const command of commands) program.addCommand(command);
  return program;
}

/** `error: unknown option '--jsno'\n(Did you mean --json?)` is one fault, and takes one line. */
function asOneLine(text: string): string {
  const line = text
    .replace(/^error: /, '')
    .trim()
    .replaceAll(/\s*\n\s*/g, ' ');
  return line.startsWith('too many arguments') ? `${line} Name a configuration with --config.` : line;
}

function exitCodeOf(error: unknown): number {
  // Commander has said what it had to say; only asking for help or the version is no fault.
  if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : 2;
  if (error instanceof ConfigurationError) {
    for (const problem of error.problems) complain(formatProblem(problem));
    return 1;
  }
  if (error instanceof StorageFailure) {
    complain(error.message);
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
