import { expect, it } from 'vitest';
import { formatProblem, nearest, type Problem, sortProblems, suggestion } from '../../src/kernel/problem.ts';

const problem = (file: string, line: number, column: number, message = 'm'): Problem => ({
  severity: 'error',
  at: { file, line, column },
  message,
});

it('prints as compilers do', () => {
  expect(formatProblem(problem('gateway.yaml', 3, 7, 'unknown key'))).toBe('gateway.yaml:3:7: unknown key');
  expect(formatProblem({ ...problem('a.graphql', 1, 2, 'slow'), severity: 'warning' })).toBe(
    'a.graphql:1:2: warning: slow',
  );
});

it('sorts by file, line and column as numbers', () => {
  const sorted = sortProblems([
    problem('b', 1, 1),
    problem('a', 10, 1),
    problem('a', 9, 20),
    problem('a', 9, 3),
  ]);
  expect(sorted.map(formatProblem)).toEqual(['a:9:3: m', 'a:9:20: m', 'a:10:1: m', 'b:1:1: m']);
});

it('suggests what is close and nothing else', () => {
  expect(nearest('timout', ['timeout', 'urls'])).toBe('timeout');
  expect(nearest('Users', ['users'])).toBe('users');
  expect(nearest('xyz', ['timeout', 'urls'])).toBeUndefined();
  expect(suggestion('timout', ['timeout'])).toBe(' Did you mean "timeout"?');
  expect(suggestion('xyz', [])).toBe('');
});
