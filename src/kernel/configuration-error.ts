import { formatProblem, type Problem } from './problem.ts';

/**
 * Configuration or schema that cannot be run, with everything that is wrong with it at once.
 * Its message is the problems, one per line, as `formatProblem` gives them.
 */
export class ConfigurationError extends Error {
  override readonly name = 'ConfigurationError';
  readonly problems: readonly Problem[];

  constructor(problems: readonly Problem[]) {
    super(problems.map(formatProblem).join('\n'));
    this.problems = problems;
  }
}
