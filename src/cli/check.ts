import type { Command } from 'commander';
import type { Blueprint } from '../blueprint/blueprint.ts';
import { loadConfig } from '../config/load-config.ts';
import { ConfigurationError } from '../kernel/configuration-error.ts';
import { formatProblem, type Problem, sortProblems } from '../kernel/problem.ts';
import { adviseOnServices } from './advise-services.ts';
import { type ConfigOption, configCommand } from './config-option.ts';
import { CommandFailure } from './failure.ts';
import { readBlueprint } from './read-blueprint.ts';
import { complain, hasErrors, print } from './report.ts';

interface CheckOptions extends ConfigOption {
  readonly strict?: true;
  readonly json?: true;
  readonly against?: string;
}

export function checkCommand(): Command {
  return configCommand('check', 'tell everything that can be known to be wrong without traffic', [
    'portico check',
    'portico check --config deploy/gateway.yaml --strict',
    'portico schema > before.graphql; …; portico check --against before.graphql',
  ])
    .option('--strict', 'warnings are errors')
    .option('--json', 'the result as JSON')
    .option('--against <file>', 'also report what breaks clients of this older public schema (SDL)')
    .action(check);
}

async function check(options: CheckOptions): Promise<void> {
  const { blueprint, problems: found } = await readAll(options.config);
  const breaking =
    options.against !== undefined && blueprint !== undefined
      ? await (await import('./compare-schemas.ts')).compareSchemas(
          options.against,
          blueprint.graphql?.schema,
        )
      : [];
  const all = [...found, ...breaking];
  const problems = sortProblems(options.strict ? all.map(asError) : all);
  if (options.json) print(JSON.stringify(asJson(problems), null, 2));
  const lines = options.json ? [] : problems.map(formatProblem);
  if (hasErrors(problems)) throw new CommandFailure(lines);
  for (const line of lines) complain(line);
  if (!options.json && blueprint !== undefined) print(summary(options.config, blueprint, problems.length));
}

interface Judged {
  /** Undefined if there is an error among the problems. */
  readonly blueprint: Blueprint | undefined;
  readonly problems: readonly Problem[];
}

async function readAll(file: string): Promise<Judged> {
  try {
    const { blueprint, resolvers, warnings } = await readBlueprint(file);
    const { adviseOnOperations } = await import('./advise-operations.ts');
    const ofOperations = adviseOnOperations(blueprint, resolvers?.fields ?? new Map());
    const { loaded } = await loadConfig(file, { env: process.env });
    const advice = loaded === undefined ? [] : adviseOnServices(blueprint, loaded.positions);
    return { blueprint, problems: [...warnings, ...advice, ...ofOperations] };
  } catch (error) {
    if (error instanceof ConfigurationError) return { blueprint: undefined, problems: error.problems };
    throw error;
  }
}

function asError(problem: Problem): Problem {
  return { ...problem, severity: 'error' };
}

function asJson(problems: readonly Problem[]): object {
  const errors = problems.filter(({ severity }) => severity === 'error').length;
  return {
    ok: errors === 0,
    errors,
    warnings: problems.length - errors,
    problems: problems.map(({ severity, at, message }) => ({ severity, ...at, message })),
  };
}

function summary(file: string, blueprint: Blueprint, warnings: number): string {
  const parts = [count(blueprint.services.size, 'service'), count(blueprint.routes.length, 'route')];
  if (blueprint.graphql !== undefined) parts.push(count(blueprint.graphql.fields.size, 'connected field'));
  return `${file}: no errors, ${count(warnings, 'warning')}; ${parts.join(', ')}`;
}

function count(number: number, noun: string): string {
  return `${number} ${noun}${number === 1 ? '' : 's'}`;
}
