import { distance } from 'fastest-levenshtein';

/** A place in a text file that a person wrote. Line and column count from 1. */
export interface Position {
  readonly file: string;
  readonly line: number;
  readonly column: number;
}

/** Something wrong (or doubtful) in configuration or schema, found before any traffic. */
export interface Problem {
  readonly severity: 'error' | 'warning';
  readonly at: Position;
  /** What is wrong and what to do about it, without the position. */
  readonly message: string;
}

/** `file:line:column: message`, as compilers print it and editors read it. */
export function formatProblem(problem: Problem): string {
  const { file, line, column } = problem.at;
  const kind = problem.severity === 'warning' ? 'warning: ' : '';
  return `${file}:${line}:${column}: ${kind}${problem.message}`;
}

/** By file, line and column: the order in which a person mends them. */
export function sortProblems(problems: readonly Problem[]): Problem[] {
  return [...problems].sort(
    (a, b) =>
      a.at.file.localeCompare(b.at.file) ||
      a.at.line - b.at.line ||
      a.at.column - b.at.column ||
      a.message.localeCompare(b.message),
  );
}

/** The candidate that a person most likely meant by `name`, or none if nothing is close: one letter is close to none. */
export function nearest(name: string, candidates: Iterable<string>): string | undefined {
  const limit = name.length < 2 ? 0 : Math.max(1, Math.floor(name.length / 3));
  let best: string | undefined;
  let bestDistance = limit + 1;
  for (const candidate of candidates) {
    const d = typingDistance(name.toLowerCase(), candidate.toLowerCase());
    if (d < bestDistance) {
      best = candidate;
      bestDistance = d;
    }
  }
  return best;
}

/** Two letters in the wrong order are one slip, not two. */
function typingDistance(a: string, b: string): number {
  const d = distance(a, b);
  const swapped = d === 2 && [...a].sort().join('') === [...b].sort().join('');
  return swapped ? 1 : d;
}

/** ` Did you mean "x"?`, or nothing: to be appended to a message. */
export function suggestion(name: string, candidates: Iterable<string>): string {
  const match = nearest(name, candidates);
  return match === undefined ? '' : ` Did you mean "${match}"?`;
}
