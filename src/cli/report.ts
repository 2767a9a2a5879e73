import { formatProblem, type Problem } from '../kernel/problem.ts';
import { CommandFailure } from './failure.ts';

export function hasErrors(problems: readonly Problem[]): boolean {
  return problems.some(({ severity }) => severity === 'error');
}

/** One line on stdout: what a command is asked for. */
export function print(line: string): void {
  process.stdout.write(`${line}\n`);
}

/** One line on stderr: what a person should know beside that. */
export function complain(line: string): void {
  process.stderr.write(`${line}\n`);
}

/** Ends the command if there is an error; tells of warnings otherwise. */
export function failOnErrors(problems: readonly Problem[]): void {
  if (hasErrors(problems)) throw new CommandFailure(problems.map(formatProblem));
  for (const problem of problems) complain(formatProblem(problem));
}

/** Rows under a header, columns two spaces apart. */
export function table(header: readonly string[], rows: readonly (readonly string[])[]): string[] {
  const widths = header.map((title, i) =>
    Math.max(title.length, ...rows.map((row) => (row[i] ?? '').length)),
  );
  return [header, ...rows].map((row) =>
    row
      .map((cell, i) => cell.padEnd(widths[i] ?? 0))
      .join('  ')
      .trimEnd(),
  );
}
