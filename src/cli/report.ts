import { formatProblem, type Problem } from '../kernel/problem.ts';

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

/** Warnings beside what a command prints: on stderr, so that its output can be piped. */
export function printWarnings(warnings: readonly Problem[]): void {
  for (const warning of warnings) complain(formatProblem(warning));
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
